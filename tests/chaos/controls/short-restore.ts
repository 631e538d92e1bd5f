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
import { until } from "../../support/until.ts";
import { dyingStore } from "../programs/dying-analytics.ts";

function openShortLog(options: StateLogOptions): StateLog {
  let next = 0;
  const { consumer } = options;
  const log = createStateLog({
    ...options,
    consumer: {
      run: (handler) =>
        consumer.run(async (batch) => {
          await handler(batch);
          next = batch.lastOffset + 1;
        }),
      offsets: (specs) => consumer.offsets(specs),
      close: () => consumer.close(),
    },
  });
  return {
    ...log,
    async catchUp() {
      // The last offset before it is a marker, which no reader is shown; in an empty log there is not even that.
      const end = (await log.stableOffset()) - 1;
      await until("what is stable was read", () => next >= end, { deadlineMs: 3_000 }).catch(() => undefined);
    },
  };
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
