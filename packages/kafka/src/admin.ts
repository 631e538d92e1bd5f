/**
 * The administration of a cluster: one client, one method a request. How each request travels is in admin-topics,
 * -groups, -configs, topic-description, offsets and group-offsets; when one is asked again, in retry.
 */
import {
  alterConfigs,
  type ConfigChange,
  type ConfigDescription,
  type ConfigResource,
  describeConfigs,
} from "./admin-configs.ts";
import {
  deleteGroups,
  describeGroups,
  type GroupDescription,
  type GroupListing,
  listGroups,
} from "./admin-groups.ts";
import {
  createPartitions,
  createTopics,
  deleteTopics,
  type NewTopic,
  type TopicResults,
} from "./admin-topics.ts";
import { type ClusterDescription, describeCluster } from "./cluster.ts";
import { adminProperties, type ClientOptions, groupReaderProperties } from "./config.ts";
import type { KafkaError } from "./error.ts";
import { alterGroupOffsets, deleteGroupOffsets, groupOffsets } from "./group-offsets.ts";
import { NativeClient } from "./native/native-client.ts";
import { deleteRecords, listOffsets, type OffsetSpec } from "./offsets.ts";
import { checkOptions } from "./option-check.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";
import { describeTopics, listTopics, type TopicDescription } from "./topic-description.ts";

/** Options of `createAdmin`: those of every client, and a timeout. */
export interface AdminOptions extends ClientOptions {
  /** Of each request, every attempt included. Default 10 000 ms. */
  readonly timeoutMs?: number;
}

/**
 * Every method rejects with a `KafkaError`: the broker's, or `_TIMED_OUT` when none answered in time.
 *
 * Requests that only read (`describe…`, `list…`, `groupOffsets`) are asked again until `timeoutMs` when a connection breaks or a broker says
 * that it is not, or not yet, the one to ask; the last such error is given when the time is up, `retriable`. Requests that change something are
 * asked again only when the answer says that nothing was done (`NOT_COORDINATOR`, `COORDINATOR_NOT_AVAILABLE`,
 * `COORDINATOR_LOAD_IN_PROGRESS`, `NOT_CONTROLLER`, `THROTTLING_QUOTA_EXCEEDED`, of `deleteRecords` also `NOT_LEADER_FOR_PARTITION` and
 * `LEADER_NOT_AVAILABLE`). After `_TRANSPORT` or `_TIMED_OUT` of one of those, look before you ask again: it may have been done.
 */
export class Admin implements AsyncDisposable {
  readonly #client: NativeClient;
  readonly #options: AdminOptions;
  readonly #timeoutMs: number;
  #groupClient: NativeClient | null = null;

  /** @internal Use `createAdmin`. */
  constructor(options: AdminOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#client = new NativeClient({
      type: "producer",
      properties: adminProperties(options),
      handlers: options,
      events: 0,
      onEvent: () => undefined,
    });
  }

  /** The brokers and which of them is the controller. A real round trip: it rejects when no broker answers. */
  describeCluster(): Promise<ClusterDescription> {
    return describeCluster(this.#client, this.#timeoutMs);
  }

  /** Creates topics, each for itself: the map has an error for each that was not created. */
  createTopics(topics: readonly NewTopic[]): Promise<TopicResults> {
    return createTopics(this.#client, topics, this.#timeoutMs);
  }

  /** Deletes topics with all their records, each for itself. Brokers go on naming a deleted topic for a moment. */
  deleteTopics(topics: readonly string[]): Promise<TopicResults> {
    return deleteTopics(this.#client, topics, this.#timeoutMs);
  }

  /** Grows topics to a total number of partitions, each for itself. Keys land elsewhere from then on. */
  createPartitions(totals: Readonly<Record<string, number>>): Promise<TopicResults> {
    return createPartitions(this.#client, totals, this.#timeoutMs);
  }

  /** The names of all topics, internal ones included. */
  listTopics(): Promise<string[]> {
    return listTopics(this.#client, this.#timeoutMs);
  }

  /** @throws KafkaError `UNKNOWN_TOPIC_OR_PART` naming the first topic that does not exist */
  describeTopics(topics: readonly string[]): Promise<TopicDescription[]> {
    return describeTopics(this.#client, topics, this.#timeoutMs);
  }

  /** Deletes the records before an offset (-1: all of them; KIP-107). Returns the first offset left, a partition. */
  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<TopicPartitionOffset[]> {
    return deleteRecords(this.#client, before, this.#timeoutMs);
  }

  /**
   * First, last or by time, a partition. `latest` is the high watermark, open transactions included.
   * @throws KafkaError of the first partition that has one, `UNKNOWN_TOPIC_OR_PART` for instance
   */
  listOffsets(specs: readonly OffsetSpec[]): Promise<TopicPartitionOffset[]> {
    return listOffsets(this.#client, specs, this.#timeoutMs);
  }

  /** All groups the brokers know. @throws the first broker's error if one could not be asked */
  listGroups(): Promise<GroupListing[]> {
    return listGroups(this.#client, this.#timeoutMs);
  }

  /** State, members and their partitions. A group that does not exist is described as `Dead`, without members. */
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    return describeGroups(this.#client, groupIds, this.#timeoutMs);
  }

  /** Deletes groups, each for itself: `NON_EMPTY_GROUP` for one that still has members. */
  deleteGroups(groupIds: readonly string[]): Promise<Map<string, KafkaError | null>> {
    return deleteGroups(this.#client, groupIds, this.#timeoutMs);
  }

  /** What a group has committed, on all its partitions or those named (the in-process cluster answers only for named ones). */
  groupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    return groupOffsets(this.#groupClientFor(groupId), groupId, partitions ?? null, this.#timeoutMs);
  }

  /**
   * Sets a group's committed offsets (KIP-396), metadata included.
   * @throws KafkaError `UNKNOWN_MEMBER_ID` when the group has active members: stop them first
   */
  alterGroupOffsets(groupId: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return alterGroupOffsets(this.#client, groupId, offsets, this.#timeoutMs);
  }

  /** Forgets a group's committed offsets of those partitions (KIP-496). The group must have no active members on those topics. */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#client, groupId, partitions, this.#timeoutMs);
  }

  /** Every setting of topics and brokers with its value in effect. @throws the first resource's error */
  describeConfigs(resources: readonly ConfigResource[]): Promise<ConfigDescription[]> {
    return describeConfigs(this.#client, resources, this.#timeoutMs);
  }

  /** Changes single settings and leaves the others (KIP-339). @throws the first resource's error */
  alterConfigs(changes: readonly ConfigChange[]): Promise<void> {
    return alterConfigs(this.#client, changes, this.#timeoutMs);
  }

  /** Rejects requests still open and destroys the client. Closing twice is closing once. */
  async close(): Promise<void> {
    await Promise.all([this.#client.destroy(), this.#groupClient?.destroy()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * A client that has a group, made when it is first needed. librdkafka (2.15.1) takes it for granted that who reads a group's offsets has one, and
   * crashes otherwise when the answer is that the coordinator has moved. It never joins; any group will do, also for reading others.
   */
  #groupClientFor(groupId: string): NativeClient {
    // Throws when this admin is closed.
    this.#client.rk.pointer;
    this.#groupClient ??= new NativeClient({
      type: "consumer",
      properties: groupReaderProperties(this.#options, groupId),
      handlers: this.#options,
      events: 0,
      onEvent: () => undefined,
    });
    return this.#groupClient;
  }
}

/** Creates an admin client. It connects in the background. @throws KafkaError `_INVALID_ARG` for a bad option */
export function createAdmin(options: AdminOptions): Admin {
  checkOptions("admin", options);
  return new Admin(options);
}
