/**
 * A planted bug: offsets go into transactions without the group's metadata, and each process has a transactional id of its own. Nothing tells Kafka that
 * a member that was stopped has been replaced meanwhile, so what it commits when it comes back counts. Nor does it look whether it still holds the
 * partition: whether it hears of its loss before it commits is chance, and a control must not be.
 */
import { createTransactionalDelivery, GROUP, startInventory } from "@campus/inventory";
import { createConsumer } from "@campus/kafka";
import { stoppingMember } from "../programs/stopping-inventory.ts";

await startInventory({
  createDelivery(context) {
    const { client, partition } = context;
    // Of the group's name and no member of it: its metadata has no generation that could be an old one.
    const outsider = createConsumer({
      ...client,
      groupId: GROUP,
      partitions: [partition],
      autoOffsetReset: "earliest",
    });
    outsider.pause([partition]);
    const delivery = createTransactionalDelivery({
      ...context,
      transactionalId: crypto.randomUUID(),
      member: stoppingMember(outsider),
    });
    return {
      ...delivery,
      deliver: (parcel) => delivery.deliver(parcel, new AbortController().signal),
      async close() {
        await delivery.close();
        await outsider.close();
      },
    };
  },
});
