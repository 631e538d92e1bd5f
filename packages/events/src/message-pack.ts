/**
 * Events as MessagePack, by setting: a little over half of JSON's bytes. The saving comes from msgpackr's records,
 * which write a structure's number instead of its field names. msgpackr would number structures as it meets them, and
 * then only the process that wrote a record could read it; here the numbers are part of the contract, so every process
 * reads every other's bytes from the first record on. APPEND to the list when the contract grows; never reorder it.
 *
 * Plain MessagePack maps are read as well, so that a client in another language can write events without records.
 */
import { Packr, Unpackr } from "msgpackr";
import { MalformedEventError } from "./malformed-event.ts";
import type { Event } from "./types.ts";

/** Field names by structure number; number n is written as the byte 0x40 + n. */
const STRUCTURES: readonly (readonly string[])[] = [
  ["event_id", "event_type", "order_id", "timestamp", "payload"],
  ["user_id", "item", "quantity"],
  ["event_id", "event_type", "order_id", "timestamp", "success"],
];

const FIRST_STRUCTURE = 0x40;

/** msgpackr keeps notes on the arrays it is given, so each of the two gets its own. */
function structures(): string[][] {
  return STRUCTURES.map((fields) => [...fields]);
}

const packr = new Packr({ structures: structures(), maxSharedStructures: STRUCTURES.length });

// Given as `getStructures` and not as `structures`: only then does msgpackr mark them as shared and put them back after
// a message that redefines one of the numbers. Otherwise one hostile record would garble all that follow it.
const unpackr = new Unpackr({ getStructures: structures, mapsAsObjects: true });

/** An event in MessagePack bytes, which the caller owns. Its fields are written in the contract's order. */
export function encodeMessagePack(event: Event): Uint8Array {
  const { event_id, event_type, order_id, timestamp } = event;
  if (event_type !== "OrderPlaced") {
    return packr.pack({ event_id, event_type, order_id, timestamp, success: event.success });
  }
  const { user_id, item, quantity } = event.payload;
  return packr.pack({ event_id, event_type, order_id, timestamp, payload: { user_id, item, quantity } });
}

/** Whether a message that begins with this byte can be an event in MessagePack: a record of the contract, or a map. */
export function isMessagePack(firstByte: number): boolean {
  const isRecord = firstByte >= FIRST_STRUCTURE && firstByte < FIRST_STRUCTURE + STRUCTURES.length;
  const isMap = (firstByte >= 0x80 && firstByte <= 0x8f) || firstByte === 0xde || firstByte === 0xdf;
  return isRecord || isMap;
}

/** The value that MessagePack bytes stand for, whatever it is; throws `MalformedEventError` when they are broken. */
export function parseMessagePack(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch {
    throw new MalformedEventError("it begins like MessagePack but is not valid MessagePack");
  }
}
