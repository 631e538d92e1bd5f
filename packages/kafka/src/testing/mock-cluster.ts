/**
 * librdkafka's in-process cluster: real brokers of the real protocol on 127.0.0.1 ports, inside this process, which other processes
 * can connect to. It keeps at most 5 MB and 100,000 records a partition in memory (older ones are dropped), knows groups, idempotence and
 * transactions, and fails on demand. It does not know CreateTopics: topics are made here, or on first use with four partitions. A group
 * that has had members rebalances until one second before their session timeout: keep that short.
 */

import { KafkaError } from "../error.ts";
import { newConf } from "../native/conf.ts";
import { ErrCode } from "../native/error-codes.ts";
import { cstring, NativeMemory } from "../native/ffi.ts";
import { Handle } from "../native/handle.ts";
import { errorOf, librdkafka, librdkafkaMock } from "../native/library.ts";

/** Options of `createCluster`. */
export interface ClusterOptions {
  /** Default 1. Their ids begin at 1. */
  readonly brokers?: number;
  /** Topics to create, with their partitions. */
  readonly topics?: Readonly<Record<string, number>>;
  /** How long a new group waits for members before its first assignment (`group.initial.rebalance.delay.ms`). Default 0. */
  readonly groupRebalanceDelayMs?: number;
}

/** Brokers in this process, and the switches to make them fail. Its methods throw a `KafkaError` for what the cluster refuses. */
export class MockCluster implements Disposable {
  /** `host:port` of every broker, for `brokers` of a client. */
  readonly brokers: string;
  readonly #client: Handle;
  readonly #cluster: Handle;
  readonly #replication: number;

  /** @internal Use `createCluster`. */
  constructor({ brokers = 1, topics = {}, groupRebalanceDelayMs = 0 }: ClusterOptions = {}) {
    const lib = librdkafka();
    const mock = librdkafkaMock();
    // The cluster needs a client for its bookkeeping; that client connects nowhere.
    const conf = newConf({ "client.id": "in-process-cluster", log_level: 3 });
    const reason = new NativeMemory(512);
    this.#client = new Handle(
      "cluster client",
      lib.rd_kafka_new(0, conf.surrender(), reason.address, reason.size),
      (rk) => lib.rd_kafka_destroy(rk),
    );
    this.#cluster = new Handle(
      "cluster",
      mock.rd_kafka_mock_cluster_new(this.#client.pointer, brokers),
      (cluster) => mock.rd_kafka_mock_cluster_destroy(cluster),
    );
    this.#replication = Math.min(3, brokers);
    this.brokers = mock.rd_kafka_mock_cluster_bootstraps(this.#cluster.pointer)!;
    mock.rd_kafka_mock_set_controller_id(this.#cluster.pointer, 1);
    mock.rd_kafka_mock_group_initial_rebalance_delay_ms(this.#cluster.pointer, groupRebalanceDelayMs);
    for (const [topic, partitions] of Object.entries(topics)) this.createTopic(topic, { partitions });
  }

  /** Replicated over all brokers, at most three. */
  createTopic(topic: string, { partitions }: { partitions: number }): void {
    const create = librdkafkaMock().rd_kafka_mock_topic_create;
    this.#check(
      create(this.#cluster.pointer, cstring(topic), partitions, this.#replication),
      `create topic "${topic}"`,
    );
  }

  /** Closes the broker's connections and refuses new ones. Its data stays. */
  brokerDown(id: number): void {
    this.#check(
      librdkafkaMock().rd_kafka_mock_broker_set_down(this.#cluster.pointer, id),
      `stop broker ${id}`,
    );
  }

  /** The broker takes connections again; clients are back within half a second. */
  brokerUp(id: number): void {
    this.#check(
      librdkafkaMock().rd_kafka_mock_broker_set_up(this.#cluster.pointer, id),
      `start broker ${id}`,
    );
  }

  /** Delays every answer of a broker. */
  roundTripTime(id: number, milliseconds: number): void {
    this.#check(
      librdkafkaMock().rd_kafka_mock_broker_set_rtt(this.#cluster.pointer, id, milliseconds),
      `delay broker ${id}`,
    );
  }

  /** Makes `id` the leader of a partition. */
  moveLeader(topic: string, partition: number, id: number): void {
    const move = librdkafkaMock().rd_kafka_mock_partition_set_leader;
    this.#check(
      move(this.#cluster.pointer, cstring(topic), partition, id),
      `move ${topic}/${partition} to broker ${id}`,
    );
  }

  /** Makes `id` the coordinator of a group. */
  moveCoordinator(groupId: string, id: number): void {
    const move = librdkafkaMock().rd_kafka_mock_coordinator_set;
    this.#check(
      move(this.#cluster.pointer, cstring("group"), cstring(groupId), id),
      `move the coordinator of "${groupId}" to broker ${id}`,
    );
  }

  /**
   * The next requests of a kind fail, one with each code in turn; `_TRANSPORT` (-195) drops the connection.
   * @param apiKey the Kafka protocol's number: 0 Produce, 1 Fetch, 2 ListOffsets, 3 Metadata, 8 OffsetCommit, 9 OffsetFetch, 22 InitProducerId, 24 AddPartitionsToTxn, …
   */
  pushRequestErrors(apiKey: number, codes: readonly number[]): void {
    const memory = new NativeMemory(codes.length * 4);
    memory.i32.set(codes);
    librdkafkaMock().rd_kafka_mock_push_request_errors_array(
      this.#cluster.pointer,
      apiKey,
      codes.length,
      memory.address,
    );
  }

  /** Forgets the errors pushed for requests of a kind that have not failed yet. */
  clearRequestErrors(apiKey: number): void {
    librdkafkaMock().rd_kafka_mock_clear_request_errors(this.#cluster.pointer, apiKey);
  }

  /** Stops the brokers and forgets the data. A second call does nothing. */
  close(): void {
    this.#cluster.release();
    this.#client.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #check(code: number, operation: string): void {
    if (code !== ErrCode.none) throw errorOf(code, operation);
  }
}

/** Starts a cluster in this process; close it (or let `using` do so) to stop it. */
export function createCluster(options: ClusterOptions = {}): MockCluster {
  const { brokers = 1 } = options;
  if (!Number.isInteger(brokers) || brokers < 1) {
    throw new KafkaError({
      code: ErrCode.invalidArgument,
      operation: "create cluster",
      message: "brokers must be at least 1",
    });
  }
  return new MockCluster(options);
}
