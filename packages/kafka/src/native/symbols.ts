/**
 * The C functions of librdkafka in use: one table, each argument named in its comment, in the order of `rdkafka.h`.
 * `size_t` is `u64`; enums and booleans are `i32`; a 64-bit result comes back as a bigint. Pointers to structs with a destroy
 * function are owned by whoever the comment names; the others live as long as what they were read from.
 */
import type { Signature } from "./ffi.ts";

export const symbols = {
  // Library
  rd_kafka_version: { args: [], returns: "i32" },
  rd_kafka_version_str: { args: [], returns: "cstring" },
  rd_kafka_get_err_descs: { args: [/* out err_descs */ "ptr", /* out count */ "ptr"], returns: "void" },
  rd_kafka_err2name: { args: [/* err */ "i32"], returns: "cstring" },
  rd_kafka_err2str: { args: [/* err */ "i32"], returns: "cstring" },
  rd_kafka_last_error: { args: [], returns: "i32" },
  rd_kafka_thread_cnt: { args: [], returns: "i32" },
  rd_kafka_wait_destroyed: { args: [/* timeout_ms */ "i32"], returns: "i32" },

  // Errors; rd_kafka_error_t is owned by its receiver
  rd_kafka_fatal_error: {
    args: [/* rk */ "ptr", /* errstr */ "ptr", /* errstr_size */ "u64"],
    returns: "i32",
  },
  rd_kafka_test_fatal_error: { args: [/* rk */ "ptr", /* err */ "i32", /* reason */ "ptr"], returns: "i32" },
  rd_kafka_error_code: { args: [/* error */ "ptr"], returns: "i32" },
  rd_kafka_error_string: { args: [/* error */ "ptr"], returns: "cstring" },
  rd_kafka_error_is_fatal: { args: [/* error */ "ptr"], returns: "i32" },
  rd_kafka_error_is_retriable: { args: [/* error */ "ptr"], returns: "i32" },
  rd_kafka_error_txn_requires_abort: { args: [/* error */ "ptr"], returns: "i32" },
  rd_kafka_error_destroy: { args: [/* error */ "ptr"], returns: "void" },

  // Topic partition lists, owned by their creator
  rd_kafka_topic_partition_list_new: { args: [/* size */ "i32"], returns: "ptr" },
  rd_kafka_topic_partition_list_add: {
    args: [/* list */ "ptr", /* topic */ "ptr", /* partition */ "i32"],
    returns: "ptr",
  },
  rd_kafka_topic_partition_list_destroy: { args: [/* list */ "ptr"], returns: "void" },

  // Configuration; owned by its creator until rd_kafka_new takes it
  rd_kafka_conf_new: { args: [], returns: "ptr" },
  rd_kafka_conf_destroy: { args: [/* conf */ "ptr"], returns: "void" },
  rd_kafka_conf_set: {
    args: [
      /* conf */ "ptr",
      /* name */ "ptr",
      /* value */ "ptr",
      /* errstr */ "ptr",
      /* errstr_size */ "u64",
    ],
    returns: "i32",
  },
  rd_kafka_conf_get: {
    args: [/* conf */ "ptr", /* name */ "ptr", /* out value */ "ptr", /* inout size */ "ptr"],
    returns: "i32",
  },
  rd_kafka_conf_set_events: { args: [/* conf */ "ptr", /* events */ "i32"], returns: "void" },

  // Client
  rd_kafka_new: {
    args: [/* type */ "i32", /* conf */ "ptr", /* errstr */ "ptr", /* errstr_size */ "u64"],
    returns: "ptr",
  },
  rd_kafka_destroy: { args: [/* rk */ "ptr"], returns: "void" },
  rd_kafka_name: { args: [/* rk */ "ptr"], returns: "cstring" },
  rd_kafka_memberid: { args: [/* rk */ "ptr"], returns: "ptr" }, // owned by its receiver, who gives it to rd_kafka_mem_free
  rd_kafka_mem_free: { args: [/* rk */ "ptr", /* ptr */ "ptr"], returns: "void" },
  rd_kafka_topic_new: { args: [/* rk */ "ptr", /* topic */ "ptr", /* conf */ "ptr"], returns: "ptr" },
  rd_kafka_topic_destroy: { args: [/* rkt */ "ptr"], returns: "void" },
  rd_kafka_topic_name: { args: [/* rkt */ "ptr"], returns: "cstring" },
  rd_kafka_outq_len: { args: [/* rk */ "ptr"], returns: "i32" },
  rd_kafka_set_log_queue: { args: [/* rk */ "ptr", /* queue */ "ptr"], returns: "i32" },

  // Tokens for OAUTHBEARER; everything is copied
  rd_kafka_oauthbearer_set_token: {
    args: [
      /* rk */ "ptr",
      /* token_value */ "ptr",
      /* md_lifetime_ms since 1970 */ "i64_fast",
      /* md_principal_name */ "ptr",
      /* extensions: name, value, name, … */ "ptr",
      /* extension_size: names plus values */ "u64",
      /* errstr */ "ptr",
      /* errstr_size */ "u64",
    ],
    returns: "i32",
  },
  rd_kafka_oauthbearer_set_token_failure: { args: [/* rk */ "ptr", /* errstr */ "ptr"], returns: "i32" },

  // Queues, owned by whoever got them
  rd_kafka_queue_new: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_queue_destroy: { args: [/* queue */ "ptr"], returns: "void" },
  rd_kafka_queue_get_main: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_queue_get_consumer: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_queue_get_partition: {
    args: [/* rk */ "ptr", /* topic */ "ptr", /* partition */ "i32"],
    returns: "ptr",
  },
  rd_kafka_queue_forward: { args: [/* source */ "ptr", /* destination or NULL */ "ptr"], returns: "void" },
  rd_kafka_queue_io_event_enable: {
    args: [/* queue */ "ptr", /* fd */ "i32", /* payload, copied */ "ptr", /* size */ "u64"],
    returns: "void",
  },
  rd_kafka_queue_poll: { args: [/* queue */ "ptr", /* timeout_ms */ "i32"], returns: "ptr" },
  rd_kafka_poll_set_consumer: { args: [/* rk */ "ptr"], returns: "i32" },

  // Events, owned by the poller; what is read from one dies with it
  rd_kafka_event_type: { args: [/* event */ "ptr"], returns: "i32" },
  rd_kafka_event_destroy: { args: [/* event */ "ptr"], returns: "void" },
  rd_kafka_event_message_array: {
    args: [/* event */ "ptr", /* out messages */ "ptr", /* size */ "u64"],
    returns: "u64",
  },
  rd_kafka_event_error: { args: [/* event */ "ptr"], returns: "i32" },
  rd_kafka_event_error_string: { args: [/* event */ "ptr"], returns: "cstring" },
  rd_kafka_event_error_is_fatal: { args: [/* event */ "ptr"], returns: "i32" },
  rd_kafka_event_opaque: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_event_log: {
    args: [/* event */ "ptr", /* out facility */ "ptr", /* out text */ "ptr", /* out level */ "ptr"],
    returns: "i32",
  },
  rd_kafka_event_stats: { args: [/* event */ "ptr"], returns: "cstring" },
  rd_kafka_event_topic_partition_list: { args: [/* event */ "ptr"], returns: "ptr" },

  // Messages; those of a consumer are owned by whoever took them from the queue, those of a delivery event by the event
  rd_kafka_message_destroy: { args: [/* message */ "ptr"], returns: "void" },
  rd_kafka_message_errstr: { args: [/* message */ "ptr"], returns: "cstring" },
  rd_kafka_message_timestamp: {
    args: [/* message */ "ptr", /* out type or NULL */ "ptr"],
    returns: "i64_fast",
  },
  rd_kafka_message_headers: { args: [/* message */ "ptr", /* out headers */ "ptr"], returns: "i32" },
  rd_kafka_message_status: { args: [/* message */ "ptr"], returns: "i32" },
  rd_kafka_header_cnt: { args: [/* headers */ "ptr"], returns: "u64" },
  rd_kafka_header_get_all: {
    args: [
      /* headers */ "ptr",
      /* index */ "u64",
      /* out name */ "ptr",
      /* out value */ "ptr",
      /* out size */ "ptr",
    ],
    returns: "i32",
  },

  // Producing
  rd_kafka_produce_batch: {
    args: [
      /* rkt */ "ptr",
      /* partition */ "i32",
      /* flags */ "i32",
      /* messages */ "ptr",
      /* count */ "i32",
    ],
    returns: "i32",
  },
  rd_kafka_produceva: { args: [/* rk */ "ptr", /* vus */ "ptr", /* count */ "u64"], returns: "ptr" },
  rd_kafka_flush: { args: [/* rk */ "ptr", /* timeout_ms */ "i32"], returns: "i32" },
  rd_kafka_purge: { args: [/* rk */ "ptr", /* flags */ "i32"], returns: "i32" },

  // Consuming
  rd_kafka_subscribe: { args: [/* rk */ "ptr", /* topics */ "ptr"], returns: "i32" },
  rd_kafka_unsubscribe: { args: [/* rk */ "ptr"], returns: "i32" },
  rd_kafka_consume_batch_queue: {
    args: [/* queue */ "ptr", /* timeout_ms */ "i32", /* out messages */ "ptr", /* size */ "u64"],
    returns: "i64_fast",
  },
  rd_kafka_rebalance_protocol: { args: [/* rk */ "ptr"], returns: "cstring" },
  rd_kafka_assign: { args: [/* rk */ "ptr", /* partitions or NULL */ "ptr"], returns: "i32" },
  rd_kafka_incremental_assign: { args: [/* rk */ "ptr", /* partitions */ "ptr"], returns: "ptr" },
  rd_kafka_incremental_unassign: { args: [/* rk */ "ptr", /* partitions */ "ptr"], returns: "ptr" },
  rd_kafka_assignment: { args: [/* rk */ "ptr", /* out list */ "ptr"], returns: "i32" },
  rd_kafka_assignment_lost: { args: [/* rk */ "ptr"], returns: "i32" },
  rd_kafka_pause_partitions: { args: [/* rk */ "ptr", /* partitions */ "ptr"], returns: "i32" },
  rd_kafka_resume_partitions: { args: [/* rk */ "ptr", /* partitions */ "ptr"], returns: "i32" },
  rd_kafka_seek_partitions: {
    args: [/* rk */ "ptr", /* partitions */ "ptr", /* timeout_ms */ "i32"],
    returns: "ptr",
  },
  rd_kafka_position: { args: [/* rk */ "ptr", /* partitions */ "ptr"], returns: "i32" },
  rd_kafka_get_watermark_offsets: {
    args: [
      /* rk */ "ptr",
      /* topic */ "ptr",
      /* partition */ "i32",
      /* out low */ "ptr",
      /* out high */ "ptr",
    ],
    returns: "i32",
  },
  rd_kafka_commit_queue: {
    args: [
      /* rk */ "ptr",
      /* offsets */ "ptr",
      /* queue */ "ptr",
      /* cb, unused with events */ "ptr",
      /* opaque */ "ptr",
    ],
    returns: "i32",
  },
  rd_kafka_consumer_close_queue: { args: [/* rk */ "ptr", /* queue */ "ptr"], returns: "ptr" },
  rd_kafka_consumer_closed: { args: [/* rk */ "ptr"], returns: "i32" },
  rd_kafka_consumer_group_metadata: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_consumer_group_metadata_destroy: { args: [/* metadata */ "ptr"], returns: "void" },
} as const satisfies Record<string, Signature>;
