/** Arbitrary events for property tests, in every shape the contract allows. */
import fc from "fast-check";
import {
  type Event,
  type InventoryEvent,
  ITEM_MAX_CHARACTERS,
  type OrderPlaced,
  QUANTITY_MAX,
  USER_ID_MAX_CHARACTERS,
} from "./types.ts";

/** Any text an order may hold: 1 to `max` Unicode characters but NUL, quotes, control characters and emoji included. */
export function anyText(max: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: "binary", minLength: 1, maxLength: max })
    .map((text) => text.replaceAll("\0", "\u0001"));
}

const anyTimestamp = fc
  .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => date.toISOString());

const identity = { event_id: fc.uuid(), order_id: fc.uuid(), timestamp: anyTimestamp };

export const anyOrderPlaced: fc.Arbitrary<OrderPlaced> = fc
  .record({
    ...identity,
    user_id: anyText(USER_ID_MAX_CHARACTERS),
    item: anyText(ITEM_MAX_CHARACTERS),
    quantity: fc.integer({ min: 1, max: QUANTITY_MAX }),
  })
  .map(({ event_id, order_id, timestamp, user_id, item, quantity }) => ({
    event_id,
    event_type: "OrderPlaced",
    order_id,
    timestamp,
    payload: { user_id, item, quantity },
  }));

export const anyInventoryEvent: fc.Arbitrary<InventoryEvent> = fc
  .record({ ...identity, success: fc.boolean() })
  .map(({ event_id, order_id, timestamp, success }) =>
    success
      ? { event_id, event_type: "InventoryReserved", order_id, timestamp, success }
      : { event_id, event_type: "InventoryFailed", order_id, timestamp, success },
  );

export const anyEvent: fc.Arbitrary<Event> = fc.oneof(anyOrderPlaced, anyInventoryEvent);
