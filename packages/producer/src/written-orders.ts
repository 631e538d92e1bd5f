/**
 * Orders on their way from the bytes of a request into the bytes of events: what the client wrote is copied into the memory of the Kafka client, between
 * what stands in every event, and nothing is made of it on the way. Byte for byte the event that `encodeEvent` would have written, but for escapes, which stay as they were.
 */
import {
  ITEM_MAX_CHARACTERS,
  ORDER_JSON,
  QUANTITY_MAX,
  USER_ID_MAX_CHARACTERS,
  UUID_BYTES,
  writeNewUuid,
} from "@campus/events";
import type { ValueWriter } from "@campus/kafka";
import { ITEM_MARK, MARKS, QUANTITY_MARK, type ScannedOrders, USER_ID_MARK } from "./scanned-orders.ts";

/** An event that writes itself, and the id of its order. */
export interface WrittenEvent {
  readonly key: string;
  readonly value: ValueWriter;
}

/** The events of a batch. */
export interface WrittenBatch {
  readonly events: readonly WrittenEvent[];
  /** The ids of the orders as they stand in a list of JSON, without the first and the last quote. */
  readonly idList: string;
}

/** Places orders that were scanned, at a time in ISO 8601. */
export interface OrderWriter {
  /** The event of a single order, under this id. */
  writeOrder(order: ScannedOrders, orderId: string, timestamp: string): WrittenEvent;
  /** The events of all orders, under new ids. */
  writeBatch(orders: ScannedOrders, timestamp: string): WrittenBatch;
}

const { head, eventIdAt, orderIdAt, timestampAt, beforeItem, beforeQuantity, tail } = ORDER_JSON;

/** Ids stand in their list with this between them. */
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

export function createOrderWriter(): OrderWriter {
  return {
    writeOrder(orders, orderId, timestamp) {
      return { key: orderId, value: new WrittenValue({ orders, timestamp }, 0, orderId) };
    },
    writeBatch(orders, timestamp) {
      const ids = Buffer.allocUnsafe(orders.count * ID_STRIDE);
      for (let at = 0; at < ids.length; at += ID_STRIDE) {
        writeNewUuid(ids, at);
        copy(SEPARATOR, 0, SEPARATOR.length, ids, at + UUID_BYTES);
      }
      const idList = ids.toString("latin1", 0, ids.length - SEPARATOR.length);
      const placement: Placement = { orders, timestamp };
      const events = new Array<WrittenEvent>(orders.count);
      for (let index = 0; index < events.length; index++) {
        const at = index * ID_STRIDE;
        const key = idList.slice(at, at + UUID_BYTES);
        events[index] = { key, value: new WrittenValue(placement, index, key) };
      }
      return { events, idList };
    },
  };
}

/** What the events of one request have in common. */
interface Placement {
  readonly orders: ScannedOrders;
  readonly timestamp: string;
}

/** The head of the event that is being written; none is begun before the last is done. */
const headInHand = Buffer.from(head);
let timestampInHand = "";

class WrittenValue implements ValueWriter {
  readonly maxBytes = EVENT_MAX_BYTES;

  constructor(
    private readonly placement: Placement,
    private readonly index: number,
    private readonly orderId: string,
  ) {}

  writeTo(target: Buffer, offset: number): number {
    const { orderId } = this;
    const { orders, timestamp } = this.placement;
    const { json, marks } = orders;
    writeNewUuid(headInHand, eventIdAt);
    headInHand.write(orderId, orderIdAt, "latin1");
    if (timestamp !== timestampInHand) {
      timestampInHand = timestamp;
      headInHand.write(timestamp, timestampAt, "latin1");
    }
    target.set(headInHand, offset);
    const first = this.index * MARKS;
    const [userId, item, quantity] = [first + USER_ID_MARK, first + ITEM_MARK, first + QUANTITY_MARK];
    let at = offset + headInHand.length;
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
