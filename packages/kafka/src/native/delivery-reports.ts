/**
 * Reads the delivery reports of an event, a block at a time. The messages belong to the event; nothing of them is kept. Values that were lent to
 * librdkafka are given back by it with their report.
 */
import type { Report } from "../delivery.ts";
import { KafkaError } from "../error.ts";
import { ErrCode } from "./error-codes.ts";
import type { Pointer } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";
import { MessageBlock, messageWords } from "./message-block.ts";
import type { PayloadMemory } from "./payload-memory.ts";

const possiblyPersisted = 1; // RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED

export class DeliveryReports {
  readonly #isIdempotent: boolean;
  readonly #payloads: PayloadMemory;
  readonly #block = new MessageBlock(1024);
  readonly #report: Report = {
    slot: 0,
    index: 0,
    partition: 0,
    offset: 0,
    timestamp: 0,
    bytes: 0,
    error: null,
  };

  constructor({
    isIdempotent,
    payloads,
  }: { readonly isIdempotent: boolean; readonly payloads: PayloadMemory }) {
    this.#isIdempotent = isIdempotent;
    this.#payloads = payloads;
  }

  read(event: Pointer, onReport: (report: Report) => void): void {
    const lib = librdkafka();
    const block = this.#block;
    for (;;) {
      const count = Number(lib.rd_kafka_event_message_array(event, block.pointers.address, block.capacity));
      if (count === 0) return;
      block.copy(count);
      for (let i = 0; i < count; i++) onReport(this.#read(i));
    }
  }

  #read(index: number): Report {
    const block = this.#block;
    const { i32, u32 } = block.structs;
    const at = index * messageWords;
    const report = this.#report;
    const code = block.error(index);
    report.slot = u32[at + field.opaque / 4]!;
    report.index = u32[at + field.opaque / 4 + 1]!;
    report.partition = i32[at + field.partition / 4]!;
    const offset = block.offset(index);
    // Without acknowledgements librdkafka counts down from an internal mark.
    report.offset = Math.max(-1, offset);
    report.timestamp = block.timestamp(index);
    const length = u32[at + field.len / 4]!;
    report.bytes = length + u32[at + field.keyLen / 4]!;
    this.#payloads.release(block.structs.getSize(at + field.payload / 4), length);
    if (code !== 0) report.error = failure(code, block.pointer(index));
    else report.error = offset < 0 && this.#isIdempotent ? implicitlyAcknowledged() : null;
    return report;
  }
}

/**
 * librdkafka calls a record delivered, without an offset, when its own batch was not acknowledged and a later one of its partition was. But a
 * broker that knows nothing of a producer yet takes any of its batches for the first, so such a record may be lost
 * (https://github.com/confluentinc/confluent-kafka-go/issues/921).
 */
function implicitlyAcknowledged(): KafkaError {
  return new KafkaError({
    code: ErrCode.inconsistent,
    operation: "produce",
    message: "the broker acknowledged a later record of the partition, and not this one: it may be lost",
    retriable: true,
    possiblyPersisted: true,
  });
}

function failure(code: number, message: Pointer): KafkaError {
  const lib = librdkafka();
  return new KafkaError({
    code,
    operation: "produce",
    message: lib.rd_kafka_err2str(code) ?? "delivery failed",
    possiblyPersisted: lib.rd_kafka_message_status(message) === possiblyPersisted,
  });
}
