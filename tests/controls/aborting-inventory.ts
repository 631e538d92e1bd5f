/** The inventory with bad luck, no fault of its own: a third of its transactions is aborted at random, when all of it is there but the commit. */
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import { KafkaError } from "@campus/kafka";

const ABORTED_SHARE = 1 / 3;

await startInventory({
  createDelivery: (context) =>
    createTransactionalDelivery({
      ...context,
      beforeCommit() {
        if (Math.random() >= ABORTED_SHARE) return;
        throw new KafkaError({
          code: -152,
          operation: "commit transaction",
          message: "bad luck",
          abortable: true,
        });
      },
    }),
});
