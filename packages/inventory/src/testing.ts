/** What the tests of this package stand on: orders, records that hold them, and Kafka's part played by hand. */
import { encodeEvent, ORDER_EVENTS, type OrderPlaced } from "@campus/events";
import { KafkaError } from "@campus/kafka";
import { createLog, type Logger, type UnhandledRecord } from "@campus/service";
import type { OrderBatch } from "./processor.ts";

export function orderOf(orderId: string = crypto.randomUUID()): OrderPlaced {
  return {
    event_id: crypto.randomUUID(),
    event_type: "OrderPlaced",
    order_id: orderId,
    timestamp: "2026-01-01T12:00:00.000Z",
    payload: { user_id: "user123", item: "Burger", quantity: 2 },
  };
}

export function recordOf(value: string | Uint8Array | null, offset = 0): UnhandledRecord {
  return {
    topic: ORDER_EVENTS,
    partition: 1,
    offset,
    timestamp: 1_767_268_800_000,
    key: Buffer.from("key"),
    value: value === null ? null : Buffer.from(value),
  };
}

export function recordsOf(orders: readonly OrderPlaced[]): UnhandledRecord[] {
  return orders.map((order, offset) => recordOf(encodeEvent(order), offset));
}

export function batchOf(
  records: readonly UnhandledRecord[],
  commit: () => Promise<void> = async () => {},
): OrderBatch {
  return { topic: ORDER_EVENTS, partition: 1, commit, [Symbol.iterator]: () => records.values() };
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
