/**
 * Orders on their way from the bytes of a request into the bytes of events: what the client wrote is copied into the memory of the Kafka client, between
 * what stands in every event, and nothing is made of it on the way. Byte for byte the event that `encodeEvent` would have written.
 */
import { ITEM_MAX_CHARACTERS, ORDER_JSON, QUANTITY_MAX, USER_ID_MAX_CHARACTERS } from "@campus/events";
import type { ValueWriter } from "@campus/kafka";
import { MARKS, type ScannedOrders } from "./scanned-orders.ts";
import { createUuidWriter, UUID_BYTES, type WriteUuid } from "./uuid-bytes.ts";

/** An event that writes itself, and the id of its order. */
export interface WrittenEvent {
  readonly key: string;
  readonly value: ValueWriter;
}

/** The events of a batch, to be sent now: they are written while they are sent. */
export interface WrittenOrders {
  readonly events: readonly WrittenEvent[];
  /** The ids of the orders as they stand in a list of JSON, without the first and the last quote. */
  readonly idList: string;
}

/** Places orders: gives them their ids, and all of them this time in ISO 8601. */
export type WriteOrders = (orders: ScannedOrders, timestamp: string) => WrittenOrders;

const { head, eventIdAt, orderIdAt, timestampAt, beforeItem, beforeQuantity, tail } = ORDER_JSON;

/** Ids stand in their list with this between them, and in memory with this after each. */
const SEPARATOR = Buffer.from('","');
const ID_STRIDE = UUID_BYTES + SEPARATOR.length;

/** The longest event. A text that was scanned has no more bytes than it may have characters. */
const EVENT_MAX_BYTES =
  head.length +
  USER_ID_MAX_CHARACTERS +
  beforeItem.length +
  ITEM_MAX_CHARACTERS +
  beforeQuantity.length +
  String(QUANTITY_MAX).length +
  tail.length;

/** What the events of a batch have in common. */
interface Batch {
  readonly orders: ScannedOrders;
  /** The orders' ids, one each `ID_STRIDE` bytes. */
  readonly ids: Buffer;
  readonly timestamp: string;
  readonly writeUuid: WriteUuid;
}

/** @param writeUuid gives ids to orders and to their events */
export function createOrderWriter(writeUuid: WriteUuid = createUuidWriter()): WriteOrders {
  return (orders, timestamp) => {
    const ids = Buffer.allocUnsafe(orders.count * ID_STRIDE);
    for (let at = 0; at < ids.length; at += ID_STRIDE) {
      writeUuid(ids, at);
      copy(SEPARATOR, 0, SEPARATOR.length, ids, at + UUID_BYTES);
    }
    const idList = ids.toString("latin1", 0, ids.length - SEPARATOR.length);
    const batch: Batch = { orders, ids, timestamp, writeUuid };
    const events = new Array<WrittenEvent>(orders.count);
    for (let index = 0; index < events.length; index++) {
      const at = index * ID_STRIDE;
      events[index] = { key: idList.slice(at, at + UUID_BYTES), value: new OrderEvent(batch, index) };
    }
    return { events, idList };
  };
}

/** The head of the event that is being written; none is begun before the last is done. */
const headInHand = Buffer.from(head);
let timestampInHand = "";

class OrderEvent implements ValueWriter {
  readonly maxBytes = EVENT_MAX_BYTES;

  constructor(
    private readonly batch: Batch,
    private readonly index: number,
  ) {}

  writeTo(target: Buffer, offset: number): number {
    const { batch, index } = this;
    const { json, marks } = batch.orders;
    batch.writeUuid(headInHand, eventIdAt);
    const id = index * ID_STRIDE;
    copy(batch.ids, id, id + UUID_BYTES, headInHand, orderIdAt);
    if (batch.timestamp !== timestampInHand) {
      timestampInHand = batch.timestamp;
      headInHand.write(timestampInHand, timestampAt, "latin1");
    }
    target.set(headInHand, offset);
    let at = offset + headInHand.length;
    const [userId, item, quantity] = [index * MARKS, index * MARKS + 2, index * MARKS + 4];
    at = copy(json, marks[userId] as number, marks[userId + 1] as number, target, at);
    at = copy(beforeItem, 0, beforeItem.length, target, at);
    at = copy(json, marks[item] as number, marks[item + 1] as number, target, at);
    at = copy(beforeQuantity, 0, beforeQuantity.length, target, at);
    at = copy(json, marks[quantity] as number, marks[quantity + 1] as number, target, at);
    return copy(tail, 0, tail.length, target, at) - offset;
  }
}

/** Of a few bytes a loop is quicker than a view and a call. Gives the place after the last. */
function copy(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): number {
  let place = at;
  for (let index = from; index < to; index++) target[place++] = source[index] as number;
  return place;
}
