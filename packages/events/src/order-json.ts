/**
 * The parts of an `OrderPlaced` in JSON that are the same for every order, as bytes: for a writer that has the order's own parts in JSON already and
 * need not make texts of them. Taken from what `encodeJson` writes, so the form stands in one place.
 */
import { encodeJson } from "./json.ts";

/** As long as the real ones, and found nowhere else in the event. */
const EVENT_ID = "0".repeat(36);
const ORDER_ID = "1".repeat(36);
const TIMESTAMP = "2".repeat(24);
const [USER_ID, ITEM, QUANTITY] = ["<user>", "<item>", 9];

const sample = encodeJson({
  event_id: EVENT_ID,
  event_type: "OrderPlaced",
  order_id: ORDER_ID,
  timestamp: TIMESTAMP,
  payload: { user_id: USER_ID, item: ITEM, quantity: QUANTITY },
});

function between(before: string, after: string): Uint8Array {
  return Buffer.from(sample.slice(sample.indexOf(before) + before.length, sample.lastIndexOf(after)));
}

/** Where everything stands in an `OrderPlaced`: `head`, user id, `beforeItem`, item, `beforeQuantity`, quantity, `tail`. */
export const ORDER_JSON = {
  /** With room for both ids, 36 bytes each, and the timestamp, 24 bytes. */
  head: Buffer.from(sample.slice(0, sample.indexOf(USER_ID))) as Uint8Array,
  eventIdAt: sample.indexOf(EVENT_ID),
  orderIdAt: sample.indexOf(ORDER_ID),
  timestampAt: sample.indexOf(TIMESTAMP),
  beforeItem: between(USER_ID, ITEM),
  beforeQuantity: between(ITEM, String(QUANTITY)),
  tail: Buffer.from(sample.slice(sample.lastIndexOf(String(QUANTITY)) + 1)) as Uint8Array,
} as const;
