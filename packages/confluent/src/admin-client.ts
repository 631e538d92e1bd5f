/** `AdminClient` of the addon: with a connection of its own, or on that of a producer or consumer. */
import {
  cstring,
  Handle,
  librdkafka,
  librdkafkaAdmin,
  NativeMemory,
  readArray,
  readString,
  withHandles,
  withPointerArray,
  withStringArray,
} from "@campus/kafka/native";
import {
  enums,
  groupRequest,
  includeOperations,
  listEntries,
  newTopic,
  type Options,
} from "./admin-arguments.ts";
import { AdminOperation, requestAdmin } from "./admin-request.ts";
import {
  readDeletedGroups,
  readDeletedRecords,
  readGroupDescriptions,
  readGroupListing,
  readGroupOffsets,
  readListedOffsets,
  readTopicDescriptions,
  settleTopics,
} from "./admin-results.ts";
import { Connection, requireFunction } from "./connection.ts";
import { Code } from "./failure.ts";
import { library } from "./library.ts";
import { ConnectError, type Session } from "./session.ts";
import { createList, integer } from "./topic-partitions.ts";

/** Events handled in one go before the event loop gets its turn. */
const eventsPerTurn = 256;

export class AdminClient extends Connection {
  /** The client whose connection this one uses. */
  readonly #existing: Connection | null;

  constructor(settings?: unknown, _topicSettings?: unknown, existing?: unknown) {
    if (existing !== null && existing !== undefined && !(existing instanceof Connection))
      throw new Error("Third argument, if provided, must be a client object");
    super(existing ? {} : settings, null);
    this.#existing = existing ?? null;
  }

  override get session(): Session | null {
    return this.#existing ? this.#existing.session : super.session;
  }

  /** Returns a code. */
  connect(): number {
    if (this.session) return Code.none;
    if (this.#existing) return Code.state;
    try {
      this.open({ type: "producer", events: 0, onWake: () => this.#drain() });
      return Code.none;
    } catch (error) {
      if (error instanceof ConnectError) return Code.state;
      throw error;
    }
  }

  /** Returns a code. The client is destroyed in the background. */
  disconnect(): number {
    if (!this.#existing) void this.detach()?.close();
    return Code.none;
  }

  name(): string {
    return this.session?.name ?? "";
  }

  #drain(): void {
    for (let served = 0; this.session; served++) {
      if (served === eventsPerTurn) {
        setImmediate(() => this.#drain());
        return;
      }
      const event = this.session.poll(this.session.main);
      if (!event) return;
      try {
        this.report(event);
      } finally {
        librdkafka().rd_kafka_event_destroy(event);
      }
    }
  }

  // Topics

  createTopic(topic: unknown, timeoutMs: unknown, callback: unknown): void {
    const done = requireFunction(callback, "Need to specify a callback");
    if (typeof timeoutMs !== "number") throw new Error("Must provide 'timeout'");
    const admin = librdkafkaAdmin();
    using created = newTopic(topic as Options);
    requestAdmin(
      this.session,
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

  deleteTopic(topic: unknown, timeoutMs: unknown, callback: unknown): void {
    const done = requireFunction(callback, "Need to specify a callback");
    if (typeof timeoutMs !== "number" || typeof topic !== "string")
      throw new Error("Must provide 'timeout', and 'topicName'");
    const admin = librdkafkaAdmin();
    using deleted = new Handle("topic to delete", admin.rd_kafka_DeleteTopic_new(cstring(topic)), (pointer) =>
      admin.rd_kafka_DeleteTopic_destroy(pointer),
    );
    requestAdmin(
      this.session,
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

  createPartitions(topic: unknown, total: unknown, timeoutMs: unknown, callback: unknown): void {
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
      this.session,
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

  describeTopics(topics: unknown, options: unknown, callback: unknown): void {
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
        this.session,
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

  // Records and offsets

  deleteRecords(partitions: unknown, options: unknown, callback: unknown): void {
    const done = requireFunction(callback, "Need to specify a callback");
    if (!Array.isArray(partitions))
      throw new Error("Must provide array containg 'TopicPartitionOffset' objects");
    if (typeof options !== "object" || options === null) throw new Error("Must provide 'options' object");
    if (partitions.length === 0) throw new Error("Must provide at least one TopicPartitionOffset");
    const admin = librdkafkaAdmin();
    const { operation_timeout, timeout } = options as Options;
    const entries = listEntries(
      partitions,
      "Failed to convert objects in delete records list, provide proper TopicPartitionOffset objects",
    );
    using list = createList(entries);
    using records = new Handle(
      "records to delete",
      admin.rd_kafka_DeleteRecords_new(list.pointer),
      (pointer) => admin.rd_kafka_DeleteRecords_destroy(pointer),
    );
    requestAdmin(
      this.session,
      {
        operation: AdminOperation.deleteRecords,
        timeoutMs: integer(timeout, 5_000),
        limitsRequest: true,
        configure: (adminOptions) => {
          const operationMs = integer(operation_timeout, 60_000);
          admin.rd_kafka_AdminOptions_set_operation_timeout(adminOptions, operationMs, null, 0);
          return null;
        },
        send: (rk, adminOptions, queue) =>
          withPointerArray([records.pointer], (array, count) =>
            admin.rd_kafka_DeleteRecords(rk, array, count, adminOptions, queue),
          ),
        settle: (event) => ({ result: readDeletedRecords(event) }),
      },
      done,
    );
  }

  listOffsets(partitions: unknown, options: unknown, callback: unknown): void {
    const done = requireFunction(callback, "Need to specify a callback");
    if (!Array.isArray(partitions)) throw new Error("Must provide an array of 'TopicPartitionOffsets'");
    const admin = librdkafkaAdmin();
    const { isolationLevel, timeout } = options as Options;
    const specs = partitions.map((given: Options) => {
      const offset = given.offset as { timestamp?: unknown } | undefined;
      return { ...given, offset: integer(offset?.timestamp, 0) };
    });
    using list = createList(listEntries(specs, "Must provide an array of 'TopicPartitionOffsets'"));
    requestAdmin(
      this.session,
      {
        operation: AdminOperation.listOffsets,
        timeoutMs: integer(timeout, 5_000),
        limitsRequest: true,
        configure: (adminOptions) =>
          admin.rd_kafka_AdminOptions_set_isolation_level(adminOptions, integer(isolationLevel, 0)),
        send: (rk, adminOptions, queue) => admin.rd_kafka_ListOffsets(rk, list.pointer, adminOptions, queue),
        settle: (event) => ({ result: readListedOffsets(event) }),
      },
      done,
    );
  }

  // Groups

  listGroups(options: unknown, callback: unknown): void {
    const done = requireFunction(callback, "Need to specify a callback");
    if (typeof options !== "object" || options === null) throw new Error("Must provide options object");
    const { timeout, matchConsumerGroupStates: states, matchConsumerGroupTypes: types } = options as Options;
    requestAdmin(
      this.session,
      {
        operation: AdminOperation.listGroups,
        timeoutMs: integer(timeout, 5_000),
        limitsRequest: true,
        configure: (adminOptions) => {
          const lib = library();
          const { rd_kafka_AdminOptions_set_match_consumer_group_states: setStates } = lib;
          const { rd_kafka_AdminOptions_set_match_consumer_group_types: setTypes } = lib;
          return (
            (states === undefined ? null : setStates(adminOptions, ...enums(states))) ??
            (types === undefined ? null : setTypes(adminOptions, ...enums(types)))
          );
        },
        send: (rk, adminOptions, queue) =>
          librdkafkaAdmin().rd_kafka_ListConsumerGroups(rk, adminOptions, queue),
        settle: (event) => ({ result: readGroupListing(event) }),
      },
      done,
    );
  }

  describeGroups(groups: unknown, options: unknown, callback: unknown): void {
    const { done, names } = groupRequest(groups, options, callback);
    const { includeAuthorizedOperations, timeout } = options as Options;
    requestAdmin(
      this.session,
      {
        operation: AdminOperation.describeGroups,
        timeoutMs: integer(timeout, 5_000),
        limitsRequest: true,
        configure: includeOperations(includeAuthorizedOperations),
        send: (rk, adminOptions, queue) =>
          withStringArray(names, (array, count) =>
            librdkafkaAdmin().rd_kafka_DescribeConsumerGroups(rk, array, count, adminOptions, queue),
          ),
        settle: (event) => ({ result: readGroupDescriptions(event) }),
      },
      done,
    );
  }

  deleteGroups(groups: unknown, options: unknown, callback: unknown): void {
    const { done, names } = groupRequest(groups, options, callback);
    const admin = librdkafkaAdmin();
    const makers = names.map(
      (name) => () =>
        new Handle("group to delete", admin.rd_kafka_DeleteGroup_new(cstring(name)), (pointer) =>
          admin.rd_kafka_DeleteGroup_destroy(pointer),
        ),
    );
    requestAdmin(
      this.session,
      {
        operation: AdminOperation.deleteGroups,
        timeoutMs: integer((options as Options).timeout, 5_000),
        limitsRequest: true,
        send: (rk, adminOptions, queue) =>
          withHandles(makers, (pointers) =>
            withPointerArray(pointers, (array, count) =>
              admin.rd_kafka_DeleteGroups(rk, array, count, adminOptions, queue),
            ),
          ),
        settle: (event) => ({ result: readDeletedGroups(event) }),
      },
      done,
    );
  }

  listConsumerGroupOffsets(groups: unknown, options: unknown, callback: unknown): void {
    const done = requireFunction(callback, "Need to specify a callback");
    if (!Array.isArray(groups)) throw new Error("Must provide an array of 'listGroupOffsets'");
    if (groups.length === 0) throw new Error("'listGroupOffsets' cannot be empty");
    const admin = librdkafkaAdmin();
    const { requireStableOffsets, timeout } = options as Options;
    const makers = groups.map((group: unknown) => {
      if (typeof group !== "object" || group === null) throw new Error("Each entry must be an object");
      const { groupId, partitions } = group as Options;
      const entries =
        Array.isArray(partitions) && partitions.length > 0
          ? listEntries(
              partitions,
              "Failed to convert partitions to list, provide proper object in partitions",
            ).map((entry) => ({ ...entry, offset: -1001 }))
          : null;
      return () => {
        using list = entries && createList(entries);
        return new Handle(
          "group offsets request",
          admin.rd_kafka_ListConsumerGroupOffsets_new(cstring(String(groupId)), list?.pointer ?? null),
          (pointer) => admin.rd_kafka_ListConsumerGroupOffsets_destroy(pointer),
        );
      };
    });
    requestAdmin(
      this.session,
      {
        operation: AdminOperation.listGroupOffsets,
        timeoutMs: integer(timeout, 5_000),
        limitsRequest: true,
        configure: (adminOptions) =>
          requireStableOffsets === true
            ? admin.rd_kafka_AdminOptions_set_require_stable_offsets(adminOptions, 1)
            : null,
        send: (rk, adminOptions, queue) =>
          withHandles(makers, (pointers) =>
            withPointerArray(pointers, (array, count) =>
              admin.rd_kafka_ListConsumerGroupOffsets(rk, array, count, adminOptions, queue),
            ),
          ),
        settle: (event) => ({ result: readGroupOffsets(event) }),
      },
      done,
    );
  }
}
