/** The C functions of the in-process cluster, from `rdkafka_mock.h`. The cluster is owned by its creator, its client outlives it. */
import type { Signature } from "./ffi.ts";

export const mockSymbols = {
  rd_kafka_mock_cluster_new: { args: [/* rk */ "ptr", /* broker_count */ "i32"], returns: "ptr" },
  rd_kafka_mock_cluster_destroy: { args: [/* cluster */ "ptr"], returns: "void" },
  rd_kafka_mock_cluster_bootstraps: { args: [/* cluster */ "ptr"], returns: "cstring" },
  rd_kafka_mock_topic_create: {
    args: [/* cluster */ "ptr", /* topic */ "ptr", /* partitions */ "i32", /* replication_factor */ "i32"],
    returns: "i32",
  },
  rd_kafka_mock_topic_set_error: {
    args: [/* cluster */ "ptr", /* topic */ "ptr", /* err */ "i32"],
    returns: "void",
  },
  rd_kafka_mock_group_initial_rebalance_delay_ms: {
    args: [/* cluster */ "ptr", /* delay_ms */ "i32"],
    returns: "void",
  },
  rd_kafka_mock_push_request_errors_array: {
    args: [/* cluster */ "ptr", /* api_key */ "i16", /* count */ "u64", /* errors */ "ptr"],
    returns: "void",
  },
  rd_kafka_mock_clear_request_errors: { args: [/* cluster */ "ptr", /* api_key */ "i16"], returns: "void" },
  rd_kafka_mock_set_controller_id: { args: [/* cluster */ "ptr", /* broker_id */ "i32"], returns: "void" },
  rd_kafka_mock_broker_set_down: { args: [/* cluster */ "ptr", /* broker_id */ "i32"], returns: "i32" },
  rd_kafka_mock_broker_set_up: { args: [/* cluster */ "ptr", /* broker_id */ "i32"], returns: "i32" },
  rd_kafka_mock_broker_set_rtt: {
    args: [/* cluster */ "ptr", /* broker_id */ "i32", /* rtt_ms */ "i32"],
    returns: "i32",
  },
  rd_kafka_mock_partition_set_leader: {
    args: [/* cluster */ "ptr", /* topic */ "ptr", /* partition */ "i32", /* broker_id */ "i32"],
    returns: "i32",
  },
  rd_kafka_mock_coordinator_set: {
    args: [
      /* cluster */ "ptr",
      /* key_type: group or transaction */ "ptr",
      /* key */ "ptr",
      /* broker_id */ "i32",
    ],
    returns: "i32",
  },
} as const satisfies Record<string, Signature>;
