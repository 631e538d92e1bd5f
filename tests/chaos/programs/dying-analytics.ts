/** The analytics as it is, but that it can be told to die (SIGKILL) in the middle of a transaction: its counts are sent, its offsets are not. */
import { type CheckpointStore, openTopicStore, startAnalytics } from "@campus/analytics";
import { holdThread, isTriggered } from "./trigger.ts";

/** So that the counts are on the brokers when it dies, and the transaction is open. */
const SENT_MS = 300;

export function dyingStore(store: CheckpointStore): CheckpointStore {
  return {
    ...store,
    save: (save) =>
      store.save({
        ...save,
        // Asked between the records and the offsets.
        holds(checkpoint) {
          if (isTriggered("die-in-transaction")) {
            holdThread(SENT_MS);
            process.kill(process.pid, "SIGKILL");
          }
          return save.holds(checkpoint);
        },
      }),
  };
}

if (import.meta.main) await startAnalytics({ createStore: (context) => dyingStore(openTopicStore(context)) });
