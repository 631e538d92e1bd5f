/**
 * The C functions of librdkafka's Admin API in use. What is made by a `…_new` is owned by its creator until destroyed; everything read
 * from a result belongs to the result's event.
 */
import type { Signature } from "./ffi.ts";

export const adminSymbols = {
  // Options of a request, owned by the caller
  rd_kafka_AdminOptions_new: { args: [/* rk */ "ptr", /* for_api */ "i32"], returns: "ptr" },
  rd_kafka_AdminOptions_destroy: { args: [/* options */ "ptr"], returns: "void" },
  rd_kafka_AdminOptions_set_request_timeout: {
    args: [/* options */ "ptr", /* timeout_ms */ "i32", /* errstr */ "ptr", /* errstr_size */ "u64"],
    returns: "i32",
  },
  rd_kafka_AdminOptions_set_operation_timeout: {
    args: [/* options */ "ptr", /* timeout_ms */ "i32", /* errstr */ "ptr", /* errstr_size */ "u64"],
    returns: "i32",
  },
  rd_kafka_AdminOptions_set_opaque: { args: [/* options */ "ptr", /* opaque */ "ptr"], returns: "void" },
  rd_kafka_AdminOptions_set_require_stable_offsets: {
    args: [/* options */ "ptr", /* require */ "i32"],
    returns: "ptr",
  },
  rd_kafka_AdminOptions_set_isolation_level: {
    args: [/* options */ "ptr", /* level */ "i32"],
    returns: "ptr",
  },

  // Results a topic, a group, a partition
  rd_kafka_topic_result_error: { args: [/* result */ "ptr"], returns: "i32" },
  rd_kafka_topic_result_error_string: { args: [/* result */ "ptr"], returns: "cstring" },
  rd_kafka_topic_result_name: { args: [/* result */ "ptr"], returns: "cstring" },
  rd_kafka_group_result_error: { args: [/* result */ "ptr"], returns: "ptr" },
  rd_kafka_group_result_name: { args: [/* result */ "ptr"], returns: "cstring" },
  rd_kafka_group_result_partitions: { args: [/* result */ "ptr"], returns: "ptr" },

  // Topics
  rd_kafka_NewTopic_new: {
    args: [
      /* topic */ "ptr",
      /* partitions */ "i32",
      /* replication_factor */ "i32",
      /* errstr */ "ptr",
      /* errstr_size */ "u64",
    ],
    returns: "ptr",
  },
  rd_kafka_NewTopic_set_config: {
    args: [/* new_topic */ "ptr", /* name */ "ptr", /* value */ "ptr"],
    returns: "i32",
  },
  rd_kafka_NewTopic_destroy: { args: [/* new_topic */ "ptr"], returns: "void" },
  rd_kafka_CreateTopics: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_CreateTopics_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_CreateTopics_result_topics: { args: [/* result */ "ptr", /* out count */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteTopic_new: { args: [/* topic */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteTopic_destroy: { args: [/* delete_topic */ "ptr"], returns: "void" },
  rd_kafka_DeleteTopics: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DeleteTopics_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteTopics_result_topics: { args: [/* result */ "ptr", /* out count */ "ptr"], returns: "ptr" },
  rd_kafka_NewPartitions_new: {
    args: [/* topic */ "ptr", /* new_total */ "u64", /* errstr */ "ptr", /* errstr_size */ "u64"],
    returns: "ptr",
  },
  rd_kafka_NewPartitions_destroy: { args: [/* new_partitions */ "ptr"], returns: "void" },
  rd_kafka_CreatePartitions: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_CreatePartitions_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_CreatePartitions_result_topics: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_TopicCollection_of_topic_names: { args: [/* names */ "ptr", /* count */ "u64"], returns: "ptr" },
  rd_kafka_TopicCollection_destroy: { args: [/* topics */ "ptr"], returns: "void" },
  rd_kafka_DescribeTopics: {
    args: [/* rk */ "ptr", /* topics */ "ptr", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DescribeTopics_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DescribeTopics_result_topics: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_TopicDescription_name: { args: [/* topic */ "ptr"], returns: "cstring" },
  rd_kafka_TopicDescription_error: { args: [/* topic */ "ptr"], returns: "ptr" },
  rd_kafka_TopicDescription_is_internal: { args: [/* topic */ "ptr"], returns: "i32" },
  rd_kafka_TopicDescription_partitions: { args: [/* topic */ "ptr", /* out count */ "ptr"], returns: "ptr" },
  rd_kafka_TopicPartitionInfo_partition: { args: [/* partition */ "ptr"], returns: "i32" },
  rd_kafka_TopicPartitionInfo_leader: { args: [/* partition */ "ptr"], returns: "ptr" },
  rd_kafka_TopicPartitionInfo_replicas: {
    args: [/* partition */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_TopicPartitionInfo_isr: { args: [/* partition */ "ptr", /* out count */ "ptr"], returns: "ptr" },

  // All topics: the older metadata call, the only one that lists names (blocks, see admin.ts)
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
  rd_kafka_metadata_destroy: { args: [/* metadata */ "ptr"], returns: "void" },

  // Configurations
  rd_kafka_ConfigResource_new: { args: [/* type */ "i32", /* name */ "ptr"], returns: "ptr" },
  rd_kafka_ConfigResource_destroy: { args: [/* resource */ "ptr"], returns: "void" },
  rd_kafka_ConfigResource_add_incremental_config: {
    args: [/* resource */ "ptr", /* name */ "ptr", /* operation */ "i32", /* value */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_ConfigResource_error: { args: [/* resource */ "ptr"], returns: "i32" },
  rd_kafka_ConfigResource_error_string: { args: [/* resource */ "ptr"], returns: "cstring" },
  rd_kafka_ConfigResource_name: { args: [/* resource */ "ptr"], returns: "cstring" },
  rd_kafka_ConfigResource_configs: { args: [/* resource */ "ptr", /* out count */ "ptr"], returns: "ptr" },
  rd_kafka_ConfigEntry_name: { args: [/* entry */ "ptr"], returns: "cstring" },
  rd_kafka_ConfigEntry_value: { args: [/* entry */ "ptr"], returns: "cstring" },
  rd_kafka_ConfigEntry_source: { args: [/* entry */ "ptr"], returns: "i32" },
  rd_kafka_ConfigEntry_is_default: { args: [/* entry */ "ptr"], returns: "i32" },
  rd_kafka_ConfigEntry_is_read_only: { args: [/* entry */ "ptr"], returns: "i32" },
  rd_kafka_ConfigEntry_is_sensitive: { args: [/* entry */ "ptr"], returns: "i32" },
  rd_kafka_DescribeConfigs: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DescribeConfigs_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DescribeConfigs_result_resources: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_IncrementalAlterConfigs: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_IncrementalAlterConfigs_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_IncrementalAlterConfigs_result_resources: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },

  // Cluster
  rd_kafka_DescribeCluster: {
    args: [/* rk */ "ptr", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DescribeCluster_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DescribeCluster_result_nodes: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_DescribeCluster_result_controller: { args: [/* result */ "ptr"], returns: "ptr" },
  rd_kafka_DescribeCluster_result_cluster_id: { args: [/* result */ "ptr"], returns: "cstring" },
  rd_kafka_Node_id: { args: [/* node */ "ptr"], returns: "i32" },
  rd_kafka_Node_host: { args: [/* node */ "ptr"], returns: "cstring" },
  rd_kafka_Node_port: { args: [/* node */ "ptr"], returns: "u16" },
  rd_kafka_Node_rack: { args: [/* node */ "ptr"], returns: "cstring" },

  // Records and offsets
  rd_kafka_DeleteRecords_new: { args: [/* before_offsets */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteRecords_destroy: { args: [/* delete_records */ "ptr"], returns: "void" },
  rd_kafka_DeleteRecords: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DeleteRecords_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteRecords_result_offsets: { args: [/* result */ "ptr"], returns: "ptr" },
  rd_kafka_ListOffsets: {
    args: [/* rk */ "ptr", /* partitions */ "ptr", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_ListOffsets_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_ListOffsets_result_infos: { args: [/* result */ "ptr", /* out count */ "ptr"], returns: "ptr" },
  rd_kafka_ListOffsetsResultInfo_topic_partition: { args: [/* info */ "ptr"], returns: "ptr" },
  rd_kafka_ListOffsetsResultInfo_timestamp: { args: [/* info */ "ptr"], returns: "i64_fast" },

  // Groups
  rd_kafka_ListConsumerGroups: {
    args: [/* rk */ "ptr", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_ListConsumerGroups_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_ListConsumerGroups_result_valid: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_ListConsumerGroups_result_errors: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_ConsumerGroupListing_group_id: { args: [/* listing */ "ptr"], returns: "cstring" },
  rd_kafka_ConsumerGroupListing_is_simple_consumer_group: { args: [/* listing */ "ptr"], returns: "i32" },
  rd_kafka_ConsumerGroupListing_state: { args: [/* listing */ "ptr"], returns: "i32" },
  rd_kafka_ConsumerGroupListing_type: { args: [/* listing */ "ptr"], returns: "i32" },
  rd_kafka_consumer_group_state_name: { args: [/* state */ "i32"], returns: "cstring" },
  rd_kafka_consumer_group_type_name: { args: [/* type */ "i32"], returns: "cstring" },
  rd_kafka_DescribeConsumerGroups: {
    args: [/* rk */ "ptr", /* names */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DescribeConsumerGroups_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DescribeConsumerGroups_result_groups: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_ConsumerGroupDescription_group_id: { args: [/* group */ "ptr"], returns: "cstring" },
  rd_kafka_ConsumerGroupDescription_error: { args: [/* group */ "ptr"], returns: "ptr" },
  rd_kafka_ConsumerGroupDescription_partition_assignor: { args: [/* group */ "ptr"], returns: "cstring" },
  rd_kafka_ConsumerGroupDescription_state: { args: [/* group */ "ptr"], returns: "i32" },
  rd_kafka_ConsumerGroupDescription_type: { args: [/* group */ "ptr"], returns: "i32" },
  rd_kafka_ConsumerGroupDescription_coordinator: { args: [/* group */ "ptr"], returns: "ptr" },
  rd_kafka_ConsumerGroupDescription_member_count: { args: [/* group */ "ptr"], returns: "u64" },
  rd_kafka_ConsumerGroupDescription_member: { args: [/* group */ "ptr", /* index */ "u64"], returns: "ptr" },
  rd_kafka_MemberDescription_client_id: { args: [/* member */ "ptr"], returns: "cstring" },
  rd_kafka_MemberDescription_group_instance_id: { args: [/* member */ "ptr"], returns: "cstring" },
  rd_kafka_MemberDescription_consumer_id: { args: [/* member */ "ptr"], returns: "cstring" },
  rd_kafka_MemberDescription_host: { args: [/* member */ "ptr"], returns: "cstring" },
  rd_kafka_MemberDescription_assignment: { args: [/* member */ "ptr"], returns: "ptr" },
  rd_kafka_MemberAssignment_partitions: { args: [/* assignment */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteGroup_new: { args: [/* group */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteGroup_destroy: { args: [/* delete_group */ "ptr"], returns: "void" },
  rd_kafka_DeleteGroups: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DeleteGroups_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteGroups_result_groups: { args: [/* result */ "ptr", /* out count */ "ptr"], returns: "ptr" },
  rd_kafka_ListConsumerGroupOffsets_new: {
    args: [/* group */ "ptr", /* partitions or NULL */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_ListConsumerGroupOffsets_destroy: { args: [/* request */ "ptr"], returns: "void" },
  rd_kafka_ListConsumerGroupOffsets: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_ListConsumerGroupOffsets_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_ListConsumerGroupOffsets_result_groups: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_AlterConsumerGroupOffsets_new: {
    args: [/* group */ "ptr", /* partitions */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_AlterConsumerGroupOffsets_destroy: { args: [/* request */ "ptr"], returns: "void" },
  rd_kafka_AlterConsumerGroupOffsets: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_AlterConsumerGroupOffsets_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_AlterConsumerGroupOffsets_result_groups: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_DeleteConsumerGroupOffsets_new: {
    args: [/* group */ "ptr", /* partitions */ "ptr"],
    returns: "ptr",
  },
  rd_kafka_DeleteConsumerGroupOffsets_destroy: { args: [/* request */ "ptr"], returns: "void" },
  rd_kafka_DeleteConsumerGroupOffsets: {
    args: [/* rk */ "ptr", /* array */ "ptr", /* count */ "u64", /* options */ "ptr", /* queue */ "ptr"],
    returns: "void",
  },
  rd_kafka_event_DeleteConsumerGroupOffsets_result: { args: [/* event */ "ptr"], returns: "ptr" },
  rd_kafka_DeleteConsumerGroupOffsets_result_groups: {
    args: [/* result */ "ptr", /* out count */ "ptr"],
    returns: "ptr",
  },
} as const satisfies Record<string, Signature>;
