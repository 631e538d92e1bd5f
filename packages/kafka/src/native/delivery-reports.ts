/**
 * Reads the delivery reports of an event: message structs are copied out in runs, since one `memcpy` and a few reads of a typed array
 * cost less than a native read a field. The messages belong to the event; nothing of them is kept.
 */
import type { KafkaError } from "../error.ts";
import { KafkaError as Failure } from "../error.ts";
import { libc, NativeMemory, type Pointer } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";

const chunk = 1024;
const words = field.size / 4;
const possiblyPersisted = 1; // RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED

export type OnReport = (
  slot: number,
  index: number,
  partition: number,
  offset: number,
  bytes: number,
  error: KafkaError | null,
) => void;

export class DeliveryReports {
  readonly #pointers = new NativeMemory(chunk * 8);
  readonly #messages = new NativeMemory(chunk * field.size);

  read(event: Pointer, onReport: OnReport): void {
    const lib = librdkafka();
    const { address } = this.#messages;
    const { i32, u32 } = this.#messages;
    for (;;) {
      const count = Number(lib.rd_kafka_event_message_array(event, this.#pointers.address, chunk));
      if (count === 0) return;
      for (let i = 0; i < count; i++)
        libc.memcpy(address + i * field.size, this.#pointers.getSize(i * 2), field.size);
      for (let i = 0, at = 0; i < count; i++, at += words) {
        const code = i32[at]!;
        onReport(
          u32[at + field.opaque / 4]!,
          u32[at + field.opaque / 4 + 1]!,
          i32[at + field.partition / 4]!,
          this.#messages.getSize(at + field.offset / 4),
          u32[at + field.len / 4]! + u32[at + field.keyLen / 4]!,
          code === 0 ? null : failure(code, this.#pointers.getSize(i * 2)),
        );
      }
    }
  }
}

function failure(code: number, message: Pointer): KafkaError {
  const lib = librdkafka();
  return new Failure({
    code,
    operation: "produce",
    message: lib.rd_kafka_err2str(code) ?? "delivery failed",
    possiblyPersisted: lib.rd_kafka_message_status(message) === possiblyPersisted,
  });
}
