/** What a client has to tell about itself, as the arguments of `event_cb`: errors, statistics, log lines. */
import { EventType, librdkafka, NativeMemory, type Pointer, readString } from "@campus/kafka/native";
import { describe } from "./failure.ts";

export type ClientEvent = readonly [type: "error" | "stats" | "log", data: object];

/** The event of a main queue, or null for one that is not about the client. The addon tells of an error its code's words only. */
export function clientEvent(event: Pointer): ClientEvent | null {
  const lib = librdkafka();
  switch (lib.rd_kafka_event_type(event)) {
    case EventType.error:
      return ["error", new Error(describe(lib.rd_kafka_event_error(event)))];
    case EventType.statistics:
      return ["stats", { message: lib.rd_kafka_event_stats(event) }];
    default:
      return null;
  }
}

/** A log line, with the client's name. */
export function logEvent(event: Pointer, name: string): ClientEvent | null {
  const fields = new NativeMemory(24);
  const { address } = fields;
  if (librdkafka().rd_kafka_event_log(event, address, address + 8, address + 16) !== 0) return null;
  const [fac, message] = [readString(fields.getSize(0)) ?? "", readString(fields.getSize(2)) ?? ""];
  return ["log", { severity: fields.i32[4]!, fac, message, name }];
}
