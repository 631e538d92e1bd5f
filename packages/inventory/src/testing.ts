/** What the tests of this package stand on: orders, records that hold them, and Kafka's part played by hand. */
import { encodeEvent, ORDER_EVENTS, type OrderPlaced } from "@campus/events";
import { KafkaError } from "@campus/kafka";
import { createLog, type Logger } from "@campus/service";
import type { OrderRecord } from "./decider.ts";
import type { OrderBatch } from "./lane.ts";

export function orderOf(orderId: string = crypto.randomUUID()): OrderPlaced {
  return {
    event_id: crypto.randomUUID(),
    event_type: "OrderPlaced",
    order_id: orderId,
    timestamp: "2026-01-01T12:00:00.000Z",
    payload: { user_id: "user123", item: "Burger", quantity: 2 },
  };
}

export function recordOf(value: string | Uint8Array | null, offset = 0): OrderRecord {
  return {
    topic: ORDER_EVENTS,
    partition: 1,
    offset,
    timestamp: 1_767_268_800_000,
    key: Buffer.from("key"),
    value: value === null ? null : Buffer.from(value),
    headers: [],
  };
}

export function recordsOf(orders: readonly OrderPlaced[], firstOffset = 0): OrderRecord[] {
  return orders.map((order, index) => recordOf(encodeEvent(order), firstOffset + index));
}

/** At least one record, of partition 1. */
export function batchOf(records: readonly OrderRecord[]): OrderBatch {
  return {
    topic: ORDER_EVENTS,
    partition: 1,
    firstOffset: records[0]!.offset,
    lastOffset: records.at(-1)!.offset,
    length: records.length,
    [Symbol.iterator]: () => records.values(),
  };
}

/** A failure as Kafka's client gives it. */
export function kafkaError(code: number, kind: { retriable?: boolean; fatal?: boolean } = {}): KafkaError {
  return new KafkaError({ code, operation: "test", message: "out of luck", ...kind });
}

/** A logger, and the lines that went through it. */
export function recordingLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLog({ name: "test", write: (line) => lines.push(line.replace(/^\S+ /, "")) });
  return { log, lines };
}
