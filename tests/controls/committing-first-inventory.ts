/** The inventory with a fault, as a control for the tests that claim to see it: it commits the offset first and publishes then. */
import { INVENTORY_EVENTS } from "@campus/events";
import { startInventory } from "@campus/inventory";
import { createProducer } from "@campus/kafka";

await startInventory({
  createDelivery({ client, consumer, partition }) {
    const producer = createProducer(client);
    return {
      async settle() {
        const [committed] = await consumer.committed([partition]);
        return committed?.offset ?? -1;
      },
      async deliver({ nextOffset, decisions }) {
        await consumer.commit([{ ...partition, offset: nextOffset }]);
        await producer.sendBatch(INVENTORY_EVENTS, decisions.outcomes);
      },
      close: () => producer.close(),
    };
  },
});
