/** Delivery reports as the objects that `delivery_cb` gets. The messages belong to their event; nothing of them is kept. */
import { message as field, libc, librdkafka, NativeMemory, type Pointer } from "@campus/kafka/native";

const chunk = 256;

export interface DeliveryReport {
  topic: string;
  partition: number;
  offset: number;
  key: Buffer | null;
  opaque?: unknown;
  timestamp?: number;
  value?: Buffer | null;
  size: number;
}

export type OnReport = (code: number | null, report: DeliveryReport) => void;

export class DeliveryReports {
  readonly #pointers = new NativeMemory(chunk * 8);
  readonly #message = new NativeMemory(field.size);

  /**
   * @param opaques what messages were produced with, by number; those reported are taken out
   * @param withValue whether reports carry the message's value
   */
  read(event: Pointer, opaques: Map<number, unknown>, withValue: boolean, onReport: OnReport): void {
    const lib = librdkafka();
    let topic: string | null = null;
    for (;;) {
      const count = Number(lib.rd_kafka_event_message_array(event, this.#pointers.address, chunk));
      if (count === 0) return;
      for (let i = 0; i < count; i++) {
        const pointer = this.#pointers.getSize(i * 2);
        libc.memcpy(this.#message.address, pointer, field.size);
        // One event is about one topic.
        topic ??= lib.rd_kafka_topic_name(this.#message.getSize(field.rkt / 4)) ?? "";
        const code = this.#message.i32[field.err / 4]!;
        onReport(code === 0 ? null : code, this.#report(pointer, topic, opaques, withValue));
      }
    }
  }

  #report(
    pointer: Pointer,
    topic: string,
    opaques: Map<number, unknown>,
    withValue: boolean,
  ): DeliveryReport {
    const message = this.#message;
    const size = message.getSize(field.len / 4);
    // The fields in the addon's order.
    const report: Omit<DeliveryReport, "size"> & { size?: number } = {
      topic,
      partition: message.i32[field.partition / 4]!,
      offset: message.getSize(field.offset / 4),
      key: copyBytes(message.getSize(field.key / 4), message.getSize(field.keyLen / 4)),
    };
    const opaque = message.getSize(field.opaque / 4);
    if (opaque !== 0) {
      report.opaque = opaques.get(opaque);
      opaques.delete(opaque);
    }
    const timestamp = Number(librdkafka().rd_kafka_message_timestamp(pointer, null));
    if (timestamp > -1) report.timestamp = timestamp;
    if (withValue) report.value = copyBytes(message.getSize(field.payload / 4), size);
    report.size = size;
    return report as DeliveryReport;
  }
}

/** A copy of native bytes; null for NULL. */
export function copyBytes(address: Pointer, size: number): Buffer | null {
  if (address === 0) return null;
  const bytes = Buffer.allocUnsafeSlow(size);
  if (size > 0) libc.memcpy(bytes, address, size);
  return bytes;
}
