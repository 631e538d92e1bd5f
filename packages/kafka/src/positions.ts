/** Where a consumer stands on its partitions: reading, moving, pausing and committing positions. Local calls, but for the commit. */
import { ErrCode } from "./native/error-codes.ts";
import { check, errorOf, librdkafka, throwIfFailed } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { createPartitionList, readPartitionList } from "./native/partition-list.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";

/** librdkafka answers a seek from memory, in a fraction of a millisecond, unless its thread gets no turn on an overloaded machine. */
const seekTimeoutMs = 5_000;

export function positionsOf(
  client: NativeClient,
  partitions: readonly TopicPartition[],
): TopicPartitionOffset[] {
  using list = createPartitionList(partitions);
  check(librdkafka().rd_kafka_position(client.rk.pointer, list.pointer), "position");
  return readPartitionList(list.pointer).map(({ topic, partition, offset }) => ({
    topic,
    partition,
    offset: offset < 0 ? -1 : offset,
  }));
}

export function seekPartitions(client: NativeClient, offsets: readonly TopicPartitionOffset[]): void {
  using list = createPartitionList(offsets);
  throwIfFailed(
    librdkafka().rd_kafka_seek_partitions(client.rk.pointer, list.pointer, seekTimeoutMs),
    "seek",
  );
  const failed = readPartitionList(list.pointer).find(({ err }) => err !== ErrCode.none);
  if (failed) throw errorOf(failed.err, `seek ${failed.topic}/${failed.partition}`);
}

export function pausePartitions(client: NativeClient, partitions: readonly TopicPartition[]): void {
  using list = createPartitionList(partitions);
  check(librdkafka().rd_kafka_pause_partitions(client.rk.pointer, list.pointer), "pause");
}

export function resumePartitions(client: NativeClient, partitions: readonly TopicPartition[]): void {
  using list = createPartitionList(partitions);
  check(librdkafka().rd_kafka_resume_partitions(client.rk.pointer, list.pointer), "resume");
}

/** Resolves when the coordinator has the offsets. */
export function commitOffsets(client: NativeClient, offsets: readonly TopicPartitionOffset[]): Promise<void> {
  const lib = librdkafka();
  return client.request(
    "commit",
    (opaque) => {
      using list = createPartitionList(offsets);
      const { rk, queue } = client;
      check(lib.rd_kafka_commit_queue(rk.pointer, list.pointer, queue.pointer, null, opaque), "commit");
    },
    (event) => {
      const committed = readPartitionList(lib.rd_kafka_event_topic_partition_list(event));
      const failed = committed.find(({ err }) => err !== ErrCode.none);
      if (failed) throw errorOf(failed.err, `commit ${failed.topic}/${failed.partition}`);
    },
  );
}

/** The offset of a partition in a list; -1 where it is not in it. */
export function offsetOf(
  offsets: readonly TopicPartitionOffset[],
  { topic, partition }: TopicPartition,
): number {
  return offsets.find((entry) => entry.topic === topic && entry.partition === partition)?.offset ?? -1;
}
