/**
 * The inventory with a fault, as a control for the tests that claim to see it: its transactions have an id that nobody else takes over, and their
 * offsets come from a stranger to the group, whom Kafka can't tell from a rightful member. So nothing fences it when others have gone on without it.
 *
 * UNFENCED_PAUSE_FILE: while that file is there, it waits with the commit. So a test can stop it where it hurts.
 */
import { existsSync } from "node:fs";
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import { createConsumer } from "@campus/kafka";

const pauseFile = process.env.UNFENCED_PAUSE_FILE ?? "";

await startInventory({
  createDelivery(context) {
    const { client, groupId, partition } = context;
    const stranger = createConsumer({
      ...client,
      groupId,
      partitions: [partition],
      autoOffsetReset: "latest",
    });
    return createTransactionalDelivery({
      ...context,
      member: stranger,
      transactionalId: crypto.randomUUID(),
      async beforeCommit() {
        while (existsSync(pauseFile)) await Bun.sleep(5);
      },
    });
  },
});
