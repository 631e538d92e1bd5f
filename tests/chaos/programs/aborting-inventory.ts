/** The inventory as it is, but for a third of its transactions that are aborted at random when all is in them but the commit. */
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import { KafkaError } from "@campus/kafka";

const STATE_ERROR = -172;

export function abortAThird(): void {
  if (Math.random() >= 1 / 3) return;
  throw new KafkaError({
    code: STATE_ERROR,
    operation: "commit transaction",
    message: "aborted at random, to see what becomes of it",
    abortable: true,
  });
}

if (import.meta.main)
  await startInventory({
    createDelivery: (context) => createTransactionalDelivery({ ...context, beforeCommit: abortAThird }),
  });
