/** Requests about topics, with the addon's argument checks. Each calls `callback(error)` or `callback(null, result)`. */
import {
  cstring,
  Handle,
  librdkafkaAdmin,
  NativeMemory,
  readArray,
  readString,
  withPointerArray,
  withStringArray,
} from "@campus/kafka/native";
import { includeOperations, newTopic, type Options } from "./admin-arguments.ts";
import { AdminOperation, requestAdmin } from "./admin-request.ts";
import { readTopicDescriptions, settleTopics } from "./admin-results.ts";
import { requireFunction } from "./connection.ts";
import type { Session } from "./session.ts";
import { integer } from "./topic-partitions.ts";

export function createTopic(
  session: Session | null,
  topic: unknown,
  timeoutMs: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (typeof timeoutMs !== "number") throw new Error("Must provide 'timeout'");
  const admin = librdkafkaAdmin();
  using created = newTopic(topic as Options);
  requestAdmin(
    session,
    {
      operation: AdminOperation.createTopics,
      timeoutMs: timeoutMs | 0,
      limitsRequest: false,
      send: (rk, options, queue) =>
        withPointerArray([created.pointer], (array, count) =>
          admin.rd_kafka_CreateTopics(rk, array, count, options, queue),
        ),
      settle: (event) => {
        const result = admin.rd_kafka_event_CreateTopics_result(event);
        const topics = readArray((count) => admin.rd_kafka_CreateTopics_result_topics(result, count));
        return settleTopics(topics, true);
      },
    },
    done,
  );
}

export function deleteTopic(
  session: Session | null,
  topic: unknown,
  timeoutMs: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (typeof timeoutMs !== "number" || typeof topic !== "string")
    throw new Error("Must provide 'timeout', and 'topicName'");
  const admin = librdkafkaAdmin();
  using deleted = new Handle("topic to delete", admin.rd_kafka_DeleteTopic_new(cstring(topic)), (pointer) =>
    admin.rd_kafka_DeleteTopic_destroy(pointer),
  );
  requestAdmin(
    session,
    {
      operation: AdminOperation.deleteTopics,
      timeoutMs: timeoutMs | 0,
      limitsRequest: false,
      send: (rk, options, queue) =>
        withPointerArray([deleted.pointer], (array, count) =>
          admin.rd_kafka_DeleteTopics(rk, array, count, options, queue),
        ),
      settle: (event) => {
        const result = admin.rd_kafka_event_DeleteTopics_result(event);
        const topics = readArray((count) => admin.rd_kafka_DeleteTopics_result_topics(result, count));
        return settleTopics(topics, false);
      },
    },
    done,
  );
}

export function createPartitions(
  session: Session | null,
  topic: unknown,
  total: unknown,
  timeoutMs: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback 2");
  if (typeof timeoutMs !== "number" || typeof total !== "number" || typeof topic !== "string")
    throw new Error("Must provide 'totalPartitions', 'timeout', and 'topicName'");
  const admin = librdkafkaAdmin();
  const reason = new NativeMemory(512);
  const pointer = admin.rd_kafka_NewPartitions_new(
    cstring(topic),
    Math.max(0, total | 0),
    reason.address,
    reason.size,
  );
  if (!pointer) throw new Error(readString(reason.address) ?? "");
  using partitions = new Handle("new partitions", pointer, (made) =>
    admin.rd_kafka_NewPartitions_destroy(made),
  );
  requestAdmin(
    session,
    {
      operation: AdminOperation.createPartitions,
      timeoutMs: timeoutMs | 0,
      limitsRequest: false,
      send: (rk, options, queue) =>
        withPointerArray([partitions.pointer], (array, count) =>
          admin.rd_kafka_CreatePartitions(rk, array, count, options, queue),
        ),
      settle: (event) => {
        const result = admin.rd_kafka_event_CreatePartitions_result(event);
        const topics = readArray((count) => admin.rd_kafka_CreatePartitions_result_topics(result, count));
        return settleTopics(topics, true);
      },
    },
    done,
  );
}

export function describeTopics(
  session: Session | null,
  topics: unknown,
  options: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (!Array.isArray(topics)) throw new Error("Must provide an array of 'topicNames'");
  if (topics.length === 0) throw new Error("'topicNames' cannot be empty");
  const admin = librdkafkaAdmin();
  const { includeAuthorizedOperations, timeout } = options as Options;
  withStringArray(topics.map(String), (names, count) => {
    using collection = new Handle(
      "topic collection",
      admin.rd_kafka_TopicCollection_of_topic_names(names, count),
      (pointer) => admin.rd_kafka_TopicCollection_destroy(pointer),
    );
    requestAdmin(
      session,
      {
        operation: AdminOperation.describeTopics,
        timeoutMs: integer(timeout, 5_000),
        limitsRequest: true,
        configure: includeOperations(includeAuthorizedOperations),
        send: (rk, adminOptions, queue) =>
          admin.rd_kafka_DescribeTopics(rk, collection.pointer, adminOptions, queue),
        settle: (event) => ({ result: readTopicDescriptions(event) }),
      },
      done,
    );
  });
}
