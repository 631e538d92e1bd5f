/**
 * The shapes on the wire: what a client orders, and the events that follow from it. Each is a TypeBox schema, and the
 * static type of the same name is derived from it, so that a shape is written down once. The limits live here because
 * both ends need them: the producer refuses what is outside, and a consumer sets such an event aside.
 *
 * Text rules are regular expressions rather than `minLength`/`maxLength`: these count UTF-16 units in TypeBox and
 * characters in JSON Schema, and neither sees a NUL or half a surrogate pair. The patterns mean the same with and
 * without the `u` flag.
 */
import { type Static, Type } from "@sinclair/typebox";

/** Longest `user_id`, in Unicode characters. */
export const USER_ID_MAX_CHARACTERS = 128;
/** Longest `item`, in Unicode characters. */
export const ITEM_MAX_CHARACTERS = 256;
/** Most of one item that one order may ask for. */
export const QUANTITY_MAX = 1000;
/** Most orders in one batch request. */
export const BATCH_MAX_ORDERS = 1000;

/** 1 to `max` characters, none of them NUL or a lone surrogate (which have no UTF-8). */
function text(max: number, description: string) {
  return Type.String({
    description,
    pattern: `^(?:[^\\u0000\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff]){1,${max}}$`,
  });
}

const uuid = Type.String({
  description: "UUID",
  pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
});

const timestamp = Type.String({
  description: "ISO 8601 date and time with its zone, as in RFC 3339",
  pattern:
    "^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$",
});

const orderFields = {
  user_id: text(USER_ID_MAX_CHARACTERS, "Who orders"),
  item: text(ITEM_MAX_CHARACTERS, "What is ordered"),
  quantity: Type.Integer({ description: "How many of it", minimum: 1, maximum: QUANTITY_MAX }),
};

/** What a client may ask for: exactly these fields. */
export const OrderRequest = Type.Object(orderFields, { additionalProperties: false });
export type OrderRequest = Static<typeof OrderRequest>;

/** What a client may ask for in one batch. */
export const OrderBatchRequest = Type.Object(
  { orders: Type.Array(OrderRequest, { minItems: 1, maxItems: BATCH_MAX_ORDERS }) },
  { additionalProperties: false },
);
export type OrderBatchRequest = Static<typeof OrderBatchRequest>;

// Events, unlike requests, may carry fields this version does not know: a newer writer may have added one, and during a
// rolling change an older reader must not set its orders aside. What is known is checked in full.

/** An order was accepted and is in Kafka. */
export const OrderPlaced = Type.Object({
  event_id: uuid,
  event_type: Type.Literal("OrderPlaced"),
  order_id: uuid,
  timestamp,
  payload: Type.Object(orderFields),
});
export type OrderPlaced = Static<typeof OrderPlaced>;

/** The stock for an order was set aside. */
export const InventoryReserved = Type.Object({
  event_id: uuid,
  event_type: Type.Literal("InventoryReserved"),
  order_id: uuid,
  timestamp,
  success: Type.Literal(true),
});
export type InventoryReserved = Static<typeof InventoryReserved>;

/** There was no stock for an order. */
export const InventoryFailed = Type.Object({
  event_id: uuid,
  event_type: Type.Literal("InventoryFailed"),
  order_id: uuid,
  timestamp,
  success: Type.Literal(false),
});
export type InventoryFailed = Static<typeof InventoryFailed>;

/** What the inventory consumer decides of an order. */
export type InventoryEvent = InventoryReserved | InventoryFailed;

/** Everything that lies in the topics; `event_type` tells which. */
export const Event = Type.Union([OrderPlaced, InventoryReserved, InventoryFailed]);
export type Event = Static<typeof Event>;
