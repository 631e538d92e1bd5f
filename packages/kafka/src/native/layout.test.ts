/** Compiles a C file against librdkafka's header and compares every offset, size and enum value this package wrote down by hand. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConfigSource, configSources } from "../admin-configs.ts";
import { AdminOperation } from "./admin-request.ts";
import { EventType } from "./event-type.ts";
import * as layout from "./layout.ts";

setDefaultTimeout(30_000);

const compiler = Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang");
if (!compiler && process.env.CI) throw new Error("no C compiler: apt-get install gcc");
if (!compiler) console.warn("skipped: struct offsets against rdkafka.h (no C compiler here)");

function configSource(source: ConfigSource): number {
  return [...configSources].find(([, name]) => name === source)![0];
}

const checks: Record<string, number> = {
  "sizeof(rd_kafka_message_t)": layout.message.size,
  "offsetof(rd_kafka_message_t, err)": layout.message.err,
  "offsetof(rd_kafka_message_t, rkt)": layout.message.rkt,
  "offsetof(rd_kafka_message_t, partition)": layout.message.partition,
  "offsetof(rd_kafka_message_t, payload)": layout.message.payload,
  "offsetof(rd_kafka_message_t, len)": layout.message.len,
  "offsetof(rd_kafka_message_t, key)": layout.message.key,
  "offsetof(rd_kafka_message_t, key_len)": layout.message.keyLen,
  "offsetof(rd_kafka_message_t, offset)": layout.message.offset,
  "offsetof(rd_kafka_message_t, _private)": layout.message.opaque,
  "sizeof(rd_kafka_topic_partition_t)": layout.topicPartition.size,
  "offsetof(rd_kafka_topic_partition_t, topic)": layout.topicPartition.topic,
  "offsetof(rd_kafka_topic_partition_t, partition)": layout.topicPartition.partition,
  "offsetof(rd_kafka_topic_partition_t, offset)": layout.topicPartition.offset,
  "offsetof(rd_kafka_topic_partition_t, metadata)": layout.topicPartition.metadata,
  "offsetof(rd_kafka_topic_partition_t, metadata_size)": layout.topicPartition.metadataSize,
  "offsetof(rd_kafka_topic_partition_t, opaque)": layout.topicPartition.opaque,
  "offsetof(rd_kafka_topic_partition_t, err)": layout.topicPartition.err,
  "offsetof(rd_kafka_topic_partition_list_t, cnt)": layout.topicPartitionList.count,
  "offsetof(rd_kafka_topic_partition_list_t, elems)": layout.topicPartitionList.elements,
  "sizeof(rd_kafka_vu_t)": layout.taggedArgument.size,
  "offsetof(rd_kafka_vu_t, vtype)": layout.taggedArgument.type,
  "offsetof(rd_kafka_vu_t, u)": layout.taggedArgument.value,
  "sizeof(struct rd_kafka_err_desc)": layout.errorDescription.size,
  "offsetof(struct rd_kafka_err_desc, code)": layout.errorDescription.code,
  "offsetof(struct rd_kafka_err_desc, name)": layout.errorDescription.name,
  "offsetof(struct rd_kafka_err_desc, desc)": layout.errorDescription.text,
  "offsetof(struct rd_kafka_metadata, topic_cnt)": layout.metadata.topicCount,
  "offsetof(struct rd_kafka_metadata, topics)": layout.metadata.topics,
  "sizeof(struct rd_kafka_metadata_topic)": layout.metadataTopic.size,
  "offsetof(struct rd_kafka_metadata_topic, topic)": layout.metadataTopic.name,
  RD_KAFKA_VTYPE_RKT: 2,
  RD_KAFKA_VTYPE_PARTITION: 3,
  RD_KAFKA_VTYPE_VALUE: 4,
  RD_KAFKA_VTYPE_KEY: 5,
  RD_KAFKA_VTYPE_OPAQUE: 6,
  RD_KAFKA_VTYPE_MSGFLAGS: 7,
  RD_KAFKA_VTYPE_TIMESTAMP: 8,
  RD_KAFKA_VTYPE_HEADER: 9,
  RD_KAFKA_MSG_F_COPY: 2,
  RD_KAFKA_MSG_F_PARTITION: 8,
  RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED: 1,
  "RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT": 3,
  RD_KAFKA_OFFSET_SPEC_LATEST: -1,
  RD_KAFKA_OFFSET_SPEC_EARLIEST: -2,
  RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG: configSource("dynamic-topic"),
  RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG: configSource("dynamic-broker"),
  RD_KAFKA_CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG: configSource("dynamic-default-broker"),
  RD_KAFKA_CONFIG_SOURCE_STATIC_BROKER_CONFIG: configSource("static-broker"),
  RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG: configSource("default"),
  RD_KAFKA_CONFIG_SOURCE_GROUP_CONFIG: configSource("group"),
  RD_KAFKA_EVENT_DR: EventType.delivery,
  RD_KAFKA_EVENT_LOG: EventType.log,
  RD_KAFKA_EVENT_ERROR: EventType.error,
  RD_KAFKA_EVENT_REBALANCE: EventType.rebalance,
  RD_KAFKA_EVENT_OFFSET_COMMIT: EventType.offsetCommit,
  RD_KAFKA_EVENT_STATS: EventType.statistics,
  RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH: EventType.tokenRefresh,
  RD_KAFKA_ADMIN_OP_CREATETOPICS: AdminOperation.createTopics,
  RD_KAFKA_ADMIN_OP_DELETETOPICS: AdminOperation.deleteTopics,
  RD_KAFKA_ADMIN_OP_CREATEPARTITIONS: AdminOperation.createPartitions,
  RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS: AdminOperation.describeConfigs,
  RD_KAFKA_ADMIN_OP_DELETERECORDS: AdminOperation.deleteRecords,
  RD_KAFKA_ADMIN_OP_DELETEGROUPS: AdminOperation.deleteGroups,
  RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS: AdminOperation.deleteGroupOffsets,
  RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS: AdminOperation.listGroups,
  RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS: AdminOperation.describeGroups,
  RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS: AdminOperation.listGroupOffsets,
  RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS: AdminOperation.alterGroupOffsets,
  RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS: AdminOperation.incrementalAlterConfigs,
  RD_KAFKA_ADMIN_OP_DESCRIBETOPICS: AdminOperation.describeTopics,
  RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER: AdminOperation.describeCluster,
  RD_KAFKA_ADMIN_OP_LISTOFFSETS: AdminOperation.listOffsets,
};

test.skipIf(!compiler)("struct offsets and constants are those of rdkafka.h", async () => {
  const folder = mkdtempSync(join(tmpdir(), "layout-"));
  try {
    const header = join(
      require.resolve("@confluentinc/kafka-javascript/package.json"),
      "..",
      "deps/librdkafka/src/rdkafka.h",
    );
    const lines = Object.keys(checks).map((expression) => `printf("%ld\\n", (long)(${expression}));`);
    const source = `#include <stdio.h>\n#include <stddef.h>\n#include "${header}"\nint main(void) { ${lines.join(" ")} return 0; }`;
    await Bun.write(join(folder, "layout.c"), source);
    const compiled = Bun.spawnSync([compiler!, "-o", join(folder, "layout"), join(folder, "layout.c")]);
    expect(compiled.stderr.toString()).toBe("");
    const printed = Bun.spawnSync([join(folder, "layout")])
      .stdout.toString()
      .trim()
      .split("\n")
      .map(Number);
    expect(Object.fromEntries(Object.keys(checks).map((expression, i) => [expression, printed[i]]))).toEqual(
      checks,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
