/** A planted bug: after a transaction was aborted the inventory goes on with the next batch instead of going back to the one that was lost. */
import { createTransactionalDelivery, startInventory } from "@campus/inventory";
import { abortAThird } from "../programs/aborting-inventory.ts";

await startInventory({
  createDelivery(context) {
    const delivery = createTransactionalDelivery({ ...context, beforeCommit: abortAThird });
    return {
      ...delivery,
      deliver: (parcel, signal) => delivery.deliver(parcel, signal).catch(() => undefined),
    };
  },
});
