/**
 * The C functions of librdkafka that only this package uses, in the order of `rdkafka.h`, each argument named. The others are those of
 * `@campus/kafka`.
 */
import type { Signature } from "@campus/kafka/native";

export const symbols = {
  // Topic partitions
  rd_kafka_topic_partition_destroy: { args: [/* partition */ "ptr"], returns: "void" },
  rd_kafka_topic_partition_get_leader_epoch: { args: [/* partition */ "ptr"], returns: "i32" },
  rd_kafka_topic_partition_set_leader_epoch: {
    args: [/* partition */ "ptr", /* leader_epoch */ "i32"],
    returns: "void",
  },

  // Configuration; a topic's is owned by its creator until a client's takes it
  rd_kafka_topic_conf_new: { args: [], returns: "ptr" },
  rd_kafka_topic_conf_destroy: { args: [/* topic_conf */ "ptr"], returns: "void" },
  rd_kafka_topic_conf_set: {
    args: [
      /* topic_conf */ "ptr",
      /* name */ "ptr",
      /* value */ "ptr",
      /* errstr */ "ptr",
      /* errstr_size */ "u64",
    ],
    returns: "i32",
  },
  rd_kafka_conf_set_default_topic_conf: {
    args: [/* conf */ "ptr", /* topic_conf, taken */ "ptr"],
    returns: "void",
  },
  rd_kafka_conf_enable_sasl_queue: { args: [/* conf */ "ptr", /* enable */ "i32"], returns: "void" },

  // SASL
  rd_kafka_queue_get_sasl: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_sasl_background_callbacks_enable: { args: [/* rk */ "ptr"], returns: "ptr" },
  rd_kafka_sasl_set_credentials: {
    args: [/* rk */ "ptr", /* username */ "ptr", /* password */ "ptr"],
    returns: "ptr",
  },

  // Events; what is read from one dies with it, but for its topic partition, which the caller owns
  rd_kafka_event_message_next: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_event_config_string: { args: [/* event */ "ptr"], returns: "cstring" },
  rd_kafka_event_topic_partition: { args: [/* event */ "ptr"], returns: "ptr" },

  // Consuming
  rd_kafka_message_leader_epoch: { args: [/* message */ "ptr"], returns: "i32" },
  rd_kafka_subscription: {
    args: [/* rk */ "ptr", /* out topics, owned by the caller */ "ptr"],
    returns: "i32",
  },
  rd_kafka_offsets_store: { args: [/* rk */ "ptr", /* offsets */ "ptr"], returns: "i32" },
  rd_kafka_commit: { args: [/* rk */ "ptr", /* offsets or NULL */ "ptr", /* async */ "i32"], returns: "i32" },

  // Administration
  rd_kafka_AdminOptions_set_include_authorized_operations: {
    args: [/* options */ "ptr", /* include */ "i32"],
    returns: "ptr",
  },
  rd_kafka_AdminOptions_set_match_consumer_group_states: {
    args: [/* options */ "ptr", /* states */ "ptr", /* count */ "u64"],
    returns: "ptr",
  },
  rd_kafka_AdminOptions_set_match_consumer_group_types: {
    args: [/* options */ "ptr", /* types */ "ptr", /* count */ "u64"],
    returns: "ptr",
  },
  rd_kafka_TopicDescription_topic_id: { args: [/* topic */ "ptr"], returns: "ptr" },
  rd_kafka_TopicDescription_authorized_operations: {
    args: [/* topic */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_Uuid_most_significant_bits: { args: [/* uuid */ "ptr"], returns: "i64_fast" },
  rd_kafka_Uuid_least_significant_bits: { args: [/* uuid */ "ptr"], returns: "i64_fast" },
  rd_kafka_Uuid_base64str: { args: [/* uuid */ "ptr"], returns: "cstring" },
  rd_kafka_ConsumerGroupDescription_is_simple_consumer_group: { args: [/* group */ "ptr"], returns: "i32" },
  rd_kafka_ConsumerGroupDescription_authorized_operations: {
    args: [/* group */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_MemberDescription_target_assignment: { args: [/* member */ "ptr"], returns: "ptr" },
} as const satisfies Record<string, Signature>;
