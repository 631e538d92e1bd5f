/** Requests that change topics: create, delete, grow. */

import { KafkaError } from "./error.ts";
import {
  AdminOperation,
  inOrder,
  readArray,
  requestAdmin,
  topicResultError,
  withHandles,
  withPointerArray,
} from "./native/admin-request.ts";
import { ErrCode } from "./native/error-codes.ts";
import { cstring, NativeMemory, type Pointer, readString } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { retryEach } from "./retry.ts";

/** A topic to create. */
export interface NewTopic {
  /** Its name: letters, digits, `.`, `_`, `-`, at most 249. */
  readonly topic: string;
  /** At least 1; -1 for the broker's `num.partitions`. */
  readonly partitions: number;
  /** Copies of each partition, at most one a broker; -1 for the broker's `default.replication.factor`. */
  readonly replicationFactor: number;
  /** Topic settings by Kafka's names: `retention.ms`, `cleanup.policy`, … */
  readonly config?: Readonly<Record<string, string>>;
}

/** By topic: null where it was done, else why not. */
export type TopicResults = Map<string, KafkaError | null>;

export function createTopics(
  client: NativeClient,
  topics: readonly NewTopic[],
  timeoutMs: number,
): Promise<TopicResults> {
  const admin = librdkafkaAdmin();
  return perTopic(
    client,
    timeoutMs,
    topics.map((topic) => ({ topic: topic.topic, make: () => newTopic(topic) })),
    {
      operation: "create topic",
      code: AdminOperation.createTopics,
      call: admin.rd_kafka_CreateTopics,
      results: (event, count) =>
        admin.rd_kafka_CreateTopics_result_topics(admin.rd_kafka_event_CreateTopics_result(event), count),
    },
  );
}

export function deleteTopics(
  client: NativeClient,
  topics: readonly string[],
  timeoutMs: number,
): Promise<TopicResults> {
  const admin = librdkafkaAdmin();
  const deletion = (topic: string) => ({
    topic,
    make: () =>
      new Handle("topic deletion", admin.rd_kafka_DeleteTopic_new(cstring(topic)), (pointer) =>
        admin.rd_kafka_DeleteTopic_destroy(pointer),
      ),
  });
  return perTopic(client, timeoutMs, topics.map(deletion), {
    operation: "delete topic",
    code: AdminOperation.deleteTopics,
    call: admin.rd_kafka_DeleteTopics,
    results: (event, count) =>
      admin.rd_kafka_DeleteTopics_result_topics(admin.rd_kafka_event_DeleteTopics_result(event), count),
  });
}

export function createPartitions(
  client: NativeClient,
  totals: Readonly<Record<string, number>>,
  timeoutMs: number,
): Promise<TopicResults> {
  const admin = librdkafkaAdmin();
  const growth = ([topic, total]: [string, number]) => ({
    topic,
    make() {
      const reason = new NativeMemory(512);
      const pointer = admin.rd_kafka_NewPartitions_new(cstring(topic), total, reason.address, reason.size);
      if (!pointer) throw refused(`create partitions of "${topic}"`, reason);
      return new Handle("new partitions", pointer, (created) =>
        admin.rd_kafka_NewPartitions_destroy(created),
      );
    },
  });
  return perTopic(client, timeoutMs, Object.entries(totals).map(growth), {
    operation: "create partitions of",
    code: AdminOperation.createPartitions,
    call: admin.rd_kafka_CreatePartitions,
    results: (event, count) =>
      admin.rd_kafka_CreatePartitions_result_topics(
        admin.rd_kafka_event_CreatePartitions_result(event),
        count,
      ),
  });
}

interface TopicRequest {
  readonly operation: string;
  readonly code: number;
  readonly call: (...args: (number | null)[]) => unknown;
  readonly results: (event: Pointer, outCount: Pointer) => Pointer | null;
}

/** What is to be done to a topic, with the native object that says so. */
interface TopicItem {
  readonly topic: string;
  readonly make: () => Handle;
}

/** Requests that take an array of native objects, one a topic, and answer with a result a topic. */
async function perTopic(
  client: NativeClient,
  timeoutMs: number,
  items: readonly TopicItem[],
  request: TopicRequest,
): Promise<TopicResults> {
  if (items.length === 0) return new Map();
  const outcomes = await retryEach<TopicItem, null>(
    client,
    { operation: request.operation, kind: "writing", timeoutMs },
    items,
    (open, leftMs) => perTopicOnce(client, leftMs, open, request),
  );
  return new Map(items.map(({ topic }, i) => [topic, outcomes[i]!]));
}

/** Answers in the order of `items`. */
function perTopicOnce(
  client: NativeClient,
  timeoutMs: number,
  items: readonly TopicItem[],
  { operation, code, call, results }: TopicRequest,
): Promise<(KafkaError | null)[]> {
  return requestAdmin(client, {
    operation,
    code,
    timeoutMs,
    send: (rk, options, queue) =>
      withHandles(
        items.map(({ make }) => make),
        (pointers) => withPointerArray(pointers, (array, count) => call(rk, array, count, options, queue)),
      ),
    settle(event) {
      const answers = new Map(
        readArray((count) => results(event, count)).map((result) => [
          librdkafkaAdmin().rd_kafka_topic_result_name(result)!,
          topicResultError(result, operation),
        ]),
      );
      const topics = items.map(({ topic }) => topic);
      return inOrder(topics, answers, operation);
    },
  });
}

function newTopic({ topic, partitions, replicationFactor, config = {} }: NewTopic): Handle {
  const admin = librdkafkaAdmin();
  const reason = new NativeMemory(512);
  const name = cstring(topic);
  const pointer = admin.rd_kafka_NewTopic_new(
    name,
    partitions,
    replicationFactor,
    reason.address,
    reason.size,
  );
  if (!pointer) throw refused(`create topic "${topic}"`, reason);
  const handle = new Handle("new topic", pointer, (created) => admin.rd_kafka_NewTopic_destroy(created));
  for (const [setting, value] of Object.entries(config)) {
    admin.rd_kafka_NewTopic_set_config(pointer, cstring(setting), cstring(value));
  }
  return handle;
}

function refused(operation: string, reason: NativeMemory): KafkaError {
  const message = readString(reason.address) || "refused";
  return new KafkaError({ code: ErrCode.invalidArgument, operation, message });
}
