/** `AdminClient` of the addon: with a connection of its own, or on that of a producer or consumer. */
import { librdkafka } from "@campus/kafka/native";
import * as groupRequests from "./admin-groups.ts";
import * as offsetRequests from "./admin-offsets.ts";
import * as topicRequests from "./admin-topics.ts";
import { Connection } from "./connection.ts";
import { Code } from "./failure.ts";
import { ConnectError, type Session } from "./session.ts";

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

  createTopic(topic: unknown, timeoutMs: unknown, callback: unknown): void {
    topicRequests.createTopic(this.session, topic, timeoutMs, callback);
  }

  deleteTopic(topic: unknown, timeoutMs: unknown, callback: unknown): void {
    topicRequests.deleteTopic(this.session, topic, timeoutMs, callback);
  }

  createPartitions(topic: unknown, total: unknown, timeoutMs: unknown, callback: unknown): void {
    topicRequests.createPartitions(this.session, topic, total, timeoutMs, callback);
  }

  describeTopics(topics: unknown, options: unknown, callback: unknown): void {
    topicRequests.describeTopics(this.session, topics, options, callback);
  }

  deleteRecords(partitions: unknown, options: unknown, callback: unknown): void {
    offsetRequests.deleteRecords(this.session, partitions, options, callback);
  }

  listOffsets(partitions: unknown, options: unknown, callback: unknown): void {
    offsetRequests.listOffsets(this.session, partitions, options, callback);
  }

  listGroups(options: unknown, callback: unknown): void {
    groupRequests.listGroups(this.session, options, callback);
  }

  describeGroups(groups: unknown, options: unknown, callback: unknown): void {
    groupRequests.describeGroups(this.session, groups, options, callback);
  }

  deleteGroups(groups: unknown, options: unknown, callback: unknown): void {
    groupRequests.deleteGroups(this.session, groups, options, callback);
  }

  listConsumerGroupOffsets(groups: unknown, options: unknown, callback: unknown): void {
    groupRequests.listConsumerGroupOffsets(this.session, groups, options, callback);
  }
}
