/**
 * Analytics with a fault, as a control for the tests that claim to see it: what it takes over, it reads up to the last stable offset, which is
 * where readers of committed records are stopped by the first transaction that is still open, and takes that for the end.
 */
import { createStateLog, openTopicStore, type StateLogOptions, startAnalytics } from "@campus/analytics";

function openShortLog(options: StateLogOptions) {
  const log = createStateLog(options);
  return { ...log, catchUp: async () => log.readTo(await log.stableOffset()) };
}

await startAnalytics({ createStore: (context) => openTopicStore(context, { openStateLog: openShortLog }) });
