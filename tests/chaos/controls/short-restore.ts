/**
 * A planted bug: counts are restored up to the last stable offset, where readers of committed records are stopped by the first transaction that is still
 * open. What others committed behind it is missed, and counting goes on from the committed offset all the same.
 */
import {
  createStateLog,
  openTopicStore,
  type StateLog,
  type StateLogOptions,
  startAnalytics,
} from "@campus/analytics";
import { dyingStore } from "../programs/dying-analytics.ts";

function openShortLog(options: StateLogOptions): StateLog {
  const log = createStateLog(options);
  return { ...log, catchUp: async () => log.readTo(await log.stableOffset()) };
}

await startAnalytics({
  createStore(context) {
    const store = dyingStore(openTopicStore(context, { openStateLog: openShortLog }));
    return {
      ...store,
      async load(partitions) {
        const committed = await context.consumer.committed(partitions);
        // Reads up to the end that is shown; what it makes of it is not asked for, because it would see that something is missing.
        await store.load(partitions).catch(() => undefined);
        const latest = await store.latest(partitions);
        return committed.map(({ topic, partition, offset }) => {
          const { counts } = latest.find((of) => of.topic === topic && of.partition === partition)!;
          return { topic, partition, offset, counts, stale: false };
        });
      },
    };
  },
});
