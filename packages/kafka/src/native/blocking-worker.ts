/** The worker side of blocking.ts: one call at a time, its arguments numbers, its result a number. */
import { openLibrary, type Signature } from "./ffi.ts";
import { librdkafkaPath } from "./library-path.ts";

const blockingSymbols = {
  rd_kafka_metadata: {
    args: [
      /* rk */ "ptr",
      /* all_topics */ "i32",
      /* only_topic */ "ptr",
      /* out metadata */ "ptr",
      /* timeout_ms */ "i32",
    ],
    returns: "i32",
  },
  rd_kafka_committed: {
    args: [/* rk */ "ptr", /* in/out partitions */ "ptr", /* timeout_ms */ "i32"],
    returns: "i32",
  },
  rd_kafka_destroy_flags: { args: [/* rk */ "ptr", /* flags */ "i32"], returns: "void" },
  rd_kafka_init_transactions: { args: [/* rk */ "ptr", /* timeout_ms */ "i32"], returns: "ptr" },
  rd_kafka_begin_transaction: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_send_offsets_to_transaction: {
    args: [/* rk */ "ptr", /* offsets */ "ptr", /* group metadata */ "ptr", /* timeout_ms */ "i32"],
    returns: "ptr",
  },
  rd_kafka_commit_transaction: { args: [/* rk */ "ptr", /* timeout_ms */ "i32"], returns: "ptr" },
  rd_kafka_abort_transaction: { args: [/* rk */ "ptr", /* timeout_ms */ "i32"], returns: "ptr" },
  rd_kafka_flush: { args: [/* rk */ "ptr", /* timeout_ms */ "i32"], returns: "i32" },
  rd_kafka_offsets_for_times: {
    args: [/* rk */ "ptr", /* inout partitions */ "ptr", /* timeout_ms */ "i32"],
    returns: "i32",
  },
  rd_kafka_query_watermark_offsets: {
    args: [
      /* rk */ "ptr",
      /* topic */ "ptr",
      /* partition */ "i32",
      /* out low */ "ptr",
      /* out high */ "ptr",
      /* timeout_ms */ "i32",
    ],
    returns: "i32",
  },
  rd_kafka_seek: {
    args: [/* rkt */ "ptr", /* partition */ "i32", /* offset */ "i64_fast", /* timeout_ms */ "i32"],
    returns: "i32",
  },
} as const satisfies Record<string, Signature>;

export type BlockingCall = { name: keyof typeof blockingSymbols; args: (number | null)[] };
export type BlockingReply = { result: number | null } | { error: string };

declare const self: Worker;

const functions = openLibrary(librdkafkaPath(), blockingSymbols);

self.onmessage = ({ data }: MessageEvent<BlockingCall>) => {
  let reply: BlockingReply;
  try {
    reply = { result: functions[data.name](...data.args) ?? null };
  } catch (error) {
    reply = { error: String(error) };
  }
  postMessage(reply);
};
