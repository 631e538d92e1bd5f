/**
 * Events as JSON, the default on the wire. Writing is a template string: on Bun that takes less than half the time of
 * `JSON.stringify` on the whole event, and only the two strings a user chose need its escaping. A property test holds
 * the two byte for byte equal.
 */
import { MalformedEventError } from "./malformed-event.ts";
import type { Event, InventoryEvent, OrderPlaced } from "./types.ts";

/** The first byte of every event in JSON, `{`. */
export const JSON_FIRST_BYTE = 0x7b;

/** Refuses bytes that are no UTF-8 instead of replacing them: a replaced name would be another user's. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * An event as JSON text. Its ids and timestamp must be what the schema says, as `decodeEvent` and the services make
 * them: they are written without escaping.
 */
export function encodeJson(event: Event): string {
  return event.event_type === "OrderPlaced" ? encodeOrder(event) : encodeDecision(event);
}

function encodeOrder({ event_id, order_id, timestamp, payload }: OrderPlaced): string {
  return `{"event_id":"${event_id}","event_type":"OrderPlaced","order_id":"${order_id}","timestamp":"${timestamp}","payload":{"user_id":${JSON.stringify(payload.user_id)},"item":${JSON.stringify(payload.item)},"quantity":${payload.quantity}}}`;
}

function encodeDecision({ event_id, event_type, order_id, timestamp, success }: InventoryEvent): string {
  return `{"event_id":"${event_id}","event_type":"${event_type}","order_id":"${order_id}","timestamp":"${timestamp}","success":${success}}`;
}

/** The value that JSON bytes stand for, whatever it is; throws `MalformedEventError` when they are no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  let source: string;
  try {
    source = utf8.decode(bytes);
  } catch {
    throw new MalformedEventError("it begins like JSON but is not valid UTF-8");
  }
  try {
    return JSON.parse(source);
  } catch {
    throw new MalformedEventError("it begins like JSON but is not valid JSON");
  }
}
