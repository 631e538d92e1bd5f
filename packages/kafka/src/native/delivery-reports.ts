/**
 * Reads the delivery reports of an event: message structs are copied out in runs, since one `memcpy` and a few reads of a typed array
 * cost less than a native read a field. The messages belong to the event; nothing of them is kept.
 */
import type { Report } from "../delivery.ts";
import { KafkaError } from "../error.ts";
import { libc, NativeMemory, type Pointer } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";

const chunk = 1024;
const words = field.size / 4;
const possiblyPersisted = 1; // RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED

export class DeliveryReports {
  readonly #pointers = new NativeMemory(chunk * 8);
  readonly #messages = new NativeMemory(chunk * field.size);
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
    const { address } = this.#messages;
    for (;;) {
      const count = Number(lib.rd_kafka_event_message_array(event, this.#pointers.address, chunk));
      if (count === 0) return;
      for (let i = 0; i < count; i++) {
        libc.memcpy(address + i * field.size, this.#pointers.getSize(i * 2), field.size);
      }
      for (let i = 0; i < count; i++) onReport(this.#read(i * words, this.#pointers.getSize(i * 2)));
    }
  }

  #read(at: number, message: Pointer): Report {
    const { i32, u32 } = this.#messages;
    const report = this.#report;
    const code = i32[at]!;
    report.slot = u32[at + field.opaque / 4]!;
    report.index = u32[at + field.opaque / 4 + 1]!;
    report.partition = i32[at + field.partition / 4]!;
    // Without acknowledgements librdkafka counts down from an internal mark.
    const offset = this.#messages.getSize(at + field.offset / 4);
    report.offset = offset < 0 ? -1 : offset;
    report.timestamp = Number(librdkafka().rd_kafka_message_timestamp(message, null));
    report.bytes = u32[at + field.len / 4]! + u32[at + field.keyLen / 4]!;
    report.error = code === 0 ? null : failure(code, message);
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
