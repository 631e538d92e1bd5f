/** Compiles a C file against librdkafka's header and compares every offset, size and constant that this package wrote down by hand. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminOperation } from "./admin-request.ts";
import { Code } from "./failure.ts";
import * as layout from "./metadata-layout.ts";

const compiler = Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang");
if (!compiler && process.env.CI) throw new Error("no C compiler: apt-get install gcc");
if (!compiler) console.warn("skipped: struct offsets against rdkafka.h (no C compiler here)");

const offset = (struct: string, field: string): string => `offsetof(struct rd_kafka_${struct}, ${field})`;

const checks: Record<string, number> = {
  [offset("metadata", "broker_cnt")]: layout.metadata.brokerCount,
  [offset("metadata", "brokers")]: layout.metadata.brokers,
  [offset("metadata", "topic_cnt")]: layout.metadata.topicCount,
  [offset("metadata", "topics")]: layout.metadata.topics,
  [offset("metadata", "orig_broker_id")]: layout.metadata.originId,
  [offset("metadata", "orig_broker_name")]: layout.metadata.originName,
  "sizeof(struct rd_kafka_metadata_broker)": layout.broker.size,
  [offset("metadata_broker", "id")]: layout.broker.id,
  [offset("metadata_broker", "host")]: layout.broker.host,
  [offset("metadata_broker", "port")]: layout.broker.port,
  "sizeof(struct rd_kafka_metadata_topic)": layout.topic.size,
  [offset("metadata_topic", "topic")]: layout.topic.name,
  [offset("metadata_topic", "partition_cnt")]: layout.topic.partitionCount,
  [offset("metadata_topic", "partitions")]: layout.topic.partitions,
  "sizeof(struct rd_kafka_metadata_partition)": layout.partition.size,
  [offset("metadata_partition", "id")]: layout.partition.id,
  [offset("metadata_partition", "leader")]: layout.partition.leader,
  [offset("metadata_partition", "replica_cnt")]: layout.partition.replicaCount,
  [offset("metadata_partition", "replicas")]: layout.partition.replicas,
  [offset("metadata_partition", "isr_cnt")]: layout.partition.isrCount,
  [offset("metadata_partition", "isrs")]: layout.partition.isrs,
  RD_KAFKA_EVENT_FETCH: 0x2,
  RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE: 0x8,
  RD_KAFKA_PARTITION_UA: -1,
  RD_KAFKA_OFFSET_INVALID: -1001,
  RD_KAFKA_OFFSET_STORED: -1000,
  RD_KAFKA_OFFSET_BEGINNING: -2,
  RD_KAFKA_OFFSET_END: -1,
  RD_KAFKA_RESP_ERR__PARTITION_EOF: Code.partitionEof,
  RD_KAFKA_RESP_ERR__TIMED_OUT: Code.timedOut,
  RD_KAFKA_RESP_ERR__STATE: Code.state,
  RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: Code.topicException,
  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: Code.unknownTopicOrPartition,
  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: Code.topicAuthorizationFailed,
  RD_KAFKA_ADMIN_OP_CREATETOPICS: AdminOperation.createTopics,
  RD_KAFKA_ADMIN_OP_DELETETOPICS: AdminOperation.deleteTopics,
  RD_KAFKA_ADMIN_OP_CREATEPARTITIONS: AdminOperation.createPartitions,
  RD_KAFKA_ADMIN_OP_DELETERECORDS: AdminOperation.deleteRecords,
  RD_KAFKA_ADMIN_OP_DELETEGROUPS: AdminOperation.deleteGroups,
  RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS: AdminOperation.listGroups,
  RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS: AdminOperation.describeGroups,
  RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS: AdminOperation.listGroupOffsets,
  RD_KAFKA_ADMIN_OP_DESCRIBETOPICS: AdminOperation.describeTopics,
  RD_KAFKA_ADMIN_OP_LISTOFFSETS: AdminOperation.listOffsets,
};

test.skipIf(!compiler)("struct offsets and constants are those of rdkafka.h", async () => {
  const folder = mkdtempSync(join(tmpdir(), "metadata-layout-"));
  try {
    const header = join(
      require.resolve("@confluentinc/kafka-javascript/package.json"),
      "../deps/librdkafka/src/rdkafka.h",
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
