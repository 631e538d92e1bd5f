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
import type { Callback } from "./callbacks.ts";
import { requireFunction } from "./connection.ts";
import type { Session } from "./session.ts";
import { integer } from "./topic-partitions.ts";

/** The requests that change a topic, by librdkafka's names, and whether the addon gives the reason of a failure with its code. */
const changes = {
  CreateTopics: { operation: AdminOperation.createTopics, withReason: true },
  DeleteTopics: { operation: AdminOperation.deleteTopics, withReason: false },
  CreatePartitions: { operation: AdminOperation.createPartitions, withReason: true },
} as const;

/** Sends one change of one topic. The handle is the caller's: librdkafka has read it when this returns. */
function changeTopic(
  session: Session | null,
  change: keyof typeof changes,
  what: Handle,
  timeoutMs: number,
  done: Callback,
): void {
  const admin = librdkafkaAdmin();
  const { operation, withReason } = changes[change];
  requestAdmin(
    session,
    {
      operation,
      timeoutMs: timeoutMs | 0,
      limitsRequest: false,
      send: (rk, options, queue) =>
        withPointerArray([what.pointer], (array, count) =>
          admin[`rd_kafka_${change}`](rk, array, count, options, queue),
        ),
      settle: (event) => {
        const result = admin[`rd_kafka_event_${change}_result`](event);
        const topics = readArray((count) => admin[`rd_kafka_${change}_result_topics`](result, count));
        return settleTopics(topics, withReason);
      },
    },
    done,
  );
}

export function createTopic(
  session: Session | null,
  topic: unknown,
  timeoutMs: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (typeof timeoutMs !== "number") throw new Error("Must provide 'timeout'");
  using created = newTopic(topic as Options);
  changeTopic(session, "CreateTopics", created, timeoutMs, done);
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
  changeTopic(session, "DeleteTopics", deleted, timeoutMs, done);
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
  changeTopic(session, "CreatePartitions", partitions, timeoutMs, done);
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
