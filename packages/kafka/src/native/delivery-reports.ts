/** Reads the delivery reports of an event, a block at a time. The messages belong to the event; nothing of them is kept. */
import type { Report } from "../delivery.ts";
import { KafkaError } from "../error.ts";
import type { Pointer } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";
import { MessageBlock, messageWords } from "./message-block.ts";

const possiblyPersisted = 1; // RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED

export class DeliveryReports {
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
    // Without acknowledgements librdkafka counts down from an internal mark.
    report.offset = Math.max(-1, block.offset(index));
    report.timestamp = block.timestamp(index);
    report.bytes = u32[at + field.len / 4]! + u32[at + field.keyLen / 4]!;
    report.error = code === 0 ? null : failure(code, block.pointer(index));
    return report;
  }
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
