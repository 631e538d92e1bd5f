/** The contract between the services: topics, events and how they are written. */
export { CODECS, type Codec, decodeEvent, encodeEvent } from "./codec.ts";
export {
  DEAD_LETTER_MAX_BYTES,
  type DeadLetter,
  type DeadLetterHeaders,
  type DeadLetterOrigin,
  type DeadLetterRecord,
  deadLetterRecord,
  deadLetterTopic,
  originalHeaders,
  readDeadLetterHeaders,
  type UnhandledRecord,
} from "./dead-letter.ts";
export { DecisionEncoder, decisionOf, EncodedDecision } from "./decision.ts";
export { MalformedEventError } from "./malformed-event.ts";
export { isMessagePack, parseMessagePack } from "./message-pack.ts";
export { plainOrderId } from "./order-id.ts";
export { ORDER_JSON } from "./order-json.ts";
export { createMissingTopics, type TopicAdmin, type TopicCreationOptions } from "./topic-creation.ts";
export {
  EVENT_TOPICS,
  INVENTORY_EVENTS,
  type NewTopic,
  ORDER_EVENTS,
  TOPICS,
  type TopicSettings,
  type TopicsToCreateOptions,
  topicsToCreate,
} from "./topics.ts";
export {
  BATCH_MAX_ORDERS,
  Event,
  type InventoryEvent,
  InventoryFailed,
  InventoryReserved,
  ITEM_MAX_CHARACTERS,
  OrderBatchRequest,
  OrderPlaced,
  OrderRequest,
  QUANTITY_MAX,
  USER_ID_MAX_CHARACTERS,
} from "./types.ts";
export { UUID_BYTES, writeNewUuid } from "./uuid-bytes.ts";
