/**
 * Analytics with a fault, as a control for the tests that claim to see it: what it takes over, it reads up to the last stable offset, which is
 * where readers of committed records are stopped by the first transaction that is still open, and takes that for the end.
 */
import { createStateLog, openTopicStore, type StateLogOptions, startAnalytics } from "@campus/analytics";
import { until } from "../support/until.ts";

function openShortLog(options: StateLogOptions) {
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
      await until("what is stable was read", () => next >= end).catch(() => undefined);
    },
  };
}

await startAnalytics({
  createStore: (context) => openTopicStore(context, { openStateLog: openShortLog }),
});
