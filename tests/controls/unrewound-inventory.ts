/** The inventory with a fault, as a control for the tests that claim to see it: after an aborted transaction it does not read its orders again. */
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import { KafkaError } from "@campus/kafka";

await startInventory({
  createDelivery: (context) =>
    createTransactionalDelivery({
      ...context,
      beforeCommit() {
        if (Math.random() >= 1 / 3) return;
        throw new KafkaError({
          code: -152,
          operation: "commit transaction",
          message: "bad luck",
          abortable: true,
        });
      },
    }),
  rewind: async () => undefined,
});
