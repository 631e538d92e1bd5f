/** A planted bug: the offset is committed first and the decisions are published after. Whoever is killed between the two has lost them. */
import { INVENTORY_EVENTS } from "@campus/events";
import { startInventory } from "@campus/inventory";
import { createProducer } from "@campus/kafka";

/** Between the two, so that some deaths fall into it. */
const GAP_MS = 50;

await startInventory({
  createDelivery({ partition, client, consumer }) {
    const producer = createProducer(client);
    return {
      async settle() {
        const [committed] = await consumer.committed([partition]);
        return committed?.offset ?? -1;
      },
      async deliver({ nextOffset, decisions }) {
        await consumer.commit([{ ...partition, offset: nextOffset }]);
        await Bun.sleep(GAP_MS);
        if (decisions.outcomes.length > 0) await producer.sendBatch(INVENTORY_EVENTS, decisions.outcomes);
      },
      close: () => producer.close(),
    };
  },
});
