/**
 * The inventory with a fault, as a control for the tests that claim to see it: nothing fences it when others have gone on without it. Its transactions
 * have an id that nobody else takes over, their offsets come from a stranger to the group, whom Kafka can't tell from a rightful member, and it does
 * not care whether its partitions were lost.
 *
 * UNFENCED_PAUSE_FILE: while that file is there, it waits before each transaction. So a test can stop it where it hurts.
 */
import { existsSync } from "node:fs";
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import { createConsumer } from "@campus/kafka";

const pauseFile = process.env.UNFENCED_PAUSE_FILE ?? "";
const never = new AbortController().signal;

await startInventory({
  createDelivery(context) {
    const { client, groupId, partition } = context;
    const stranger = createConsumer({
      ...client,
      groupId,
      partitions: [partition],
      autoOffsetReset: "latest",
    });
    const delivery = createTransactionalDelivery({
      ...context,
      member: stranger,
      transactionalId: crypto.randomUUID(),
    });
    return {
      ...delivery,
      async deliver(parcel) {
        while (existsSync(pauseFile)) await Bun.sleep(5);
        await delivery.deliver(parcel, never);
      },
      async close() {
        await delivery.close();
        await stranger.close();
      },
    };
  },
});
