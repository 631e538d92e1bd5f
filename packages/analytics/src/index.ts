/** @campus/analytics: the consumer that counts, and the pieces of it that another program may put in their place. */
export type { Checkpoint, CheckpointStore, RestoredCheckpoint, Save } from "./checkpoint-store.ts";
export { GROUP } from "./config.ts";
export { openTopicStore, type StoreContext } from "./open-store.ts";
export { type AnalyticsPieces, startAnalytics } from "./start-analytics.ts";
export { createStateLog, type StateEntry, type StateLog, type StateLogOptions } from "./state-log.ts";
export { STATE_PARTITION, STATE_TOPIC, stateKey, stateRecord } from "./state-topic.ts";
