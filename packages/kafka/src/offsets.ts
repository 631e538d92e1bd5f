/** Requests about the offsets of partitions, which their leaders answer: first, last, by time, and the deletion of what lies before one. */

import { KafkaError } from "./error.ts";
import {
  AdminOperation,
  inOrder,
  readArray,
  requestAdmin,
  withHandles,
  withPointerArray,
} from "./native/admin-request.ts";
import { ErrCode } from "./native/error-codes.ts";
import { Handle } from "./native/handle.ts";
import { errorOf, librdkafkaAdmin, throwIfFailed } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import {
  createPartitionList,
  noOffset,
  outcomeOf,
  type ReadEntry,
  readPartition,
  readPartitionList,
} from "./native/partition-list.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";
import { leaderErrors, retryEach } from "./retry.ts";
import { describeTopicsOnce } from "./topic-description.ts";

/** First record kept, end of the log, or the first record of that time or later. */
export type OffsetSpec = TopicPartition & {
  /** Milliseconds since the epoch, where it is a time. */
  readonly at: "earliest" | "latest" | { readonly timestampMs: number };
};

/** `rd_kafka_OffsetSpec_t` */
const specs = { latest: -1, earliest: -2 } as const;

/** `rd_kafka_IsolationLevel_t`: with `read_committed` the end is the last stable offset. */
const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const;
type Isolation = keyof typeof isolationLevels;

/** @internal In the order of `wanted`. */
export async function listOffsets(
  client: NativeClient,
  wanted: readonly OffsetSpec[],
  timeoutMs: number,
  isolation: Isolation = "read_uncommitted",
): Promise<TopicPartitionOffset[]> {
  if (wanted.length === 0) return [];
  const cure = lookUpLeaders<OffsetSpec>(client);
  return allOrFirstError(
    await retryEach<OffsetSpec, TopicPartitionOffset>(
      client,
      { operation: "list offsets", kind: "reading", timeoutMs, cure },
      wanted,
      (open, leftMs) =>
        listOnce(client, open, leftMs, isolation).catch((error) =>
          explainLeaderless(client, open, leftMs, error),
        ),
    ),
  );
}

function listOnce(
  client: NativeClient,
  wanted: readonly OffsetSpec[],
  timeoutMs: number,
  isolation: Isolation,
): Promise<(TopicPartitionOffset | KafkaError)[]> {
  const operation = "list offsets";
  const admin = librdkafkaAdmin();
  const entries = wanted.map(({ topic, partition, at }) => ({
    topic,
    partition,
    offset: typeof at === "string" ? specs[at] : at.timestampMs,
  }));
  return requestAdmin(client, {
    operation,
    code: AdminOperation.listOffsets,
    timeoutMs,
    send(rk, options, queue) {
      using list = createPartitionList(entries);
      const level = isolationLevels[isolation];
      throwIfFailed(admin.rd_kafka_AdminOptions_set_isolation_level(options, level), operation);
      admin.rd_kafka_ListOffsets(rk, list.pointer, options, queue);
    },
    settle(event) {
      const result = admin.rd_kafka_event_ListOffsets_result(event)!;
      const infos = readArray((count) => admin.rd_kafka_ListOffsets_result_infos(result, count));
      const found = infos.map((info) =>
        orUnanswered(readPartition(admin.rd_kafka_ListOffsetsResultInfo_topic_partition(info)!)),
      );
      return perPartition(wanted, found, operation);
    },
  });
}

/** "No leaders found" has a reason for each partition: it, or its topic, does not exist, or nobody leads it at the moment. */
async function explainLeaderless(
  client: NativeClient,
  wanted: readonly OffsetSpec[],
  timeoutMs: number,
  error: unknown,
): Promise<KafkaError[]> {
  if (!(error instanceof KafkaError) || error.code !== ErrCode.noEntry) throw error;
  const topics = await describeTopicsOnce(client, [...new Set(wanted.map(({ topic }) => topic))], timeoutMs);
  const existing = new Set(
    topics.flatMap(({ topic, partitions }) => partitions.map(({ partition }) => keyOf({ topic, partition }))),
  );
  return wanted.map((spec) => {
    const code = existing.has(keyOf(spec)) ? ErrCode.leaderNotAvailable : ErrCode.unknownTopicOrPartition;
    return errorOf(code, `list offsets ${keyOf(spec)}`);
  });
}

/**
 * A leader whose connection broke with the request on its way gave no answer; librdkafka (2.15.1) drops that error and leaves the partition as it
 * was before the request: without an offset, and without an error.
 */
function orUnanswered(entry: ReadEntry): ReadEntry {
  const unanswered = entry.err === ErrCode.none && entry.offset === noOffset;
  return unanswered ? { ...entry, err: ErrCode.transport } : entry;
}

/** @internal Gives the first offset left, a partition, in the order of `before`. */
export async function deleteRecords(
  client: NativeClient,
  before: readonly TopicPartitionOffset[],
  timeoutMs: number,
): Promise<TopicPartitionOffset[]> {
  if (before.length === 0) return [];
  const cure = lookUpLeaders<TopicPartitionOffset>(client);
  return allOrFirstError(
    await retryEach<TopicPartitionOffset, TopicPartitionOffset>(
      client,
      { operation: "delete records", kind: "writingToLeaders", timeoutMs, cure },
      before,
      (open, leftMs) => deleteOnce(client, open, leftMs),
    ),
  );
}

function deleteOnce(
  client: NativeClient,
  before: readonly TopicPartitionOffset[],
  timeoutMs: number,
): Promise<(TopicPartitionOffset | KafkaError)[]> {
  const operation = "delete records";
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation,
    code: AdminOperation.deleteRecords,
    timeoutMs,
    send(rk, options, queue) {
      using list = createPartitionList(before);
      const request = () =>
        new Handle("record deletion", admin.rd_kafka_DeleteRecords_new(list.pointer), (pointer) =>
          admin.rd_kafka_DeleteRecords_destroy(pointer),
        );
      withHandles([request], (pointers) =>
        withPointerArray(pointers, (array, count) =>
          admin.rd_kafka_DeleteRecords(rk, array, count, options, queue),
        ),
      );
    },
    settle(event) {
      const result = admin.rd_kafka_event_DeleteRecords_result(event)!;
      const lows = readPartitionList(admin.rd_kafka_DeleteRecords_result_offsets(result));
      return perPartition(before, lows, operation);
    },
  });
}

/** The leader said so, or nobody answered in its place. */
const mayHaveMoved: ReadonlySet<number> = new Set([...leaderErrors, ErrCode.transport, ErrCode.timedOut]);

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

function perPartition(
  asked: readonly TopicPartition[],
  answers: readonly ReadEntry[],
  operation: string,
): (TopicPartitionOffset | KafkaError)[] {
  const byKey = new Map(answers.map((entry) => [keyOf(entry), outcomeOf(entry, operation)]));
  return inOrder(asked.map(keyOf), byKey, operation);
}

/**
 * The cure of requests to leaders: without it librdkafka goes on asking whom it takes for the leader, with the epoch it knows, until its
 * metadata comes of age.
 */
function lookUpLeaders<Item extends TopicPartition>(client: NativeClient) {
  return async (failed: ReadonlyMap<Item, KafkaError>, timeoutMs: number): Promise<void> => {
    const moved = [...failed].filter(([, { code }]) => mayHaveMoved.has(code));
    const topics = [...new Set(moved.map(([{ topic }]) => topic))];
    // What it answers does not matter: the next attempt says whether it helped.
    if (topics.length > 0) await describeTopicsOnce(client, topics, timeoutMs).catch(() => undefined);
  };
}

function allOrFirstError<Result>(outcomes: readonly (Result | KafkaError)[]): Result[] {
  return outcomes.map((outcome) => {
    if (outcome instanceof KafkaError) throw outcome;
    return outcome;
  });
}
