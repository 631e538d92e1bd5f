/**
 * The options of the clients and the librdkafka properties they become. Defaults that librdkafka sets for compatibility and that lose
 * data or stall are set otherwise here, each with its reason; `librdkafka` in the options overrides any of them.
 */
import { KafkaError } from "./error.ts";
import type { Properties } from "./native/conf.ts";
import { ErrCode } from "./native/error-codes.ts";
import type { LibrdkafkaProperties } from "./native/properties.generated.ts";
import type { TopicPartition } from "./record.ts";
import { type SecurityOptions, securityProperties } from "./security.ts";

/** A log line of librdkafka: `level` as in syslog, 0 (emergency) to 7 (debug). */
export interface LogLine {
  /** 0 to 7: 3 is an error, 4 a warning, 6 information, 7 debugging. */
  readonly level: number;
  /** Which part of librdkafka speaks: `FAIL`, `GETPID`, `MAXPOLL`, … */
  readonly facility: string;
  /** librdkafka's own words, freed of secrets. */
  readonly message: string;
}

/** What every client takes. Names in brackets are the librdkafka properties an option becomes. */
export interface ClientOptions extends SecurityOptions {
  /** `host:port`, several separated by commas or as a list (`bootstrap.servers`). The other brokers are learned from these. */
  readonly brokers: string | readonly string[];
  /** Shown in the brokers' logs and quotas (`client.id`). Default `bun-kafka`. */
  readonly clientId?: string;
  /** librdkafka's log. Without it warnings and worse go to `console.warn`. */
  readonly onLog?: (line: LogLine) => void;
  /**
   * Errors of no particular call, as soon as they happen: brokers that can't be reached or refuse this client (librdkafka goes on trying, so sends
   * fail only when their time is up), a fatal state.
   */
  readonly onError?: (error: KafkaError) => void;
  /** Statistics as librdkafka's STATISTICS.md describes them, every `statisticsIntervalMs`. */
  readonly onStatistics?: (statistics: Record<string, unknown>) => void;
  /** How often `onStatistics` is called (`statistics.interval.ms`). Default 0: never. */
  readonly statisticsIntervalMs?: number;
  /** Any librdkafka property by its own name (CONFIGURATION.md); wins over what the options above set. */
  readonly librdkafka?: LibrdkafkaProperties;
}

/** Codecs for batches of records. gzip and zstd need a librdkafka built with them: `libraryVersion().features` tells. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** Ways from a key to a partition, by librdkafka's names. `…_random` puts records without a key on any partition. */
export type Partitioner =
  | "random"
  | "consistent"
  | "consistent_random"
  | "murmur2"
  | "murmur2_random"
  | "fnv1a"
  | "fnv1a_random";

/** Options of `createProducer`. */
export interface ProducerOptions extends ClientOptions {
  /** Who must have a record before it counts as delivered: all in-sync replicas (default), the leader (1), nobody (0) (`acks`). */
  readonly acks?: "all" | 0 | 1;
  /** No duplicates and no reordering through librdkafka's own retries (KIP-98, `enable.idempotence`). Default true; needs `acks: "all"`. */
  readonly idempotent?: boolean;
  /** Of whole batches, by the producer (`compression.type`). Default lz4. */
  readonly compression?: Compression;
  /**
   * How a key chooses its partition. Default `murmur2_random`: where Java clients put it, any partition for a null key. librdkafka's
   * own default is `consistent_random` (CRC32).
   */
  readonly partitioner?: Partitioner;
  /** How long a record may wait for others to share a request with (`linger.ms`). Default 1 ms. */
  readonly lingerMs?: number;
  /** From `send` to the acknowledgement, retries included (`message.timeout.ms`). Default 30 000 ms. */
  readonly deliveryTimeoutMs?: number;
  /** Records accepted and not yet acknowledged. More are refused with `_QUEUE_FULL`; `ready` waits for room. Default 100 000. */
  readonly maxQueuedRecords?: number;
  /** The same in bytes of keys and values; the send or batch that reaches the bound is taken whole. Default 256 MiB. */
  readonly maxQueuedBytes?: number;
}

/** What a consumer reads, and as whom. */
export interface ConsumerGroupOptions {
  /** Consumers of one group share the partitions and the committed offsets (`group.id`). */
  readonly groupId: string;
  /** Names, or patterns beginning with `^`. Either this or `partitions`. */
  readonly topics?: readonly string[];
  /** Reads just these partitions, outside the group's assignment, from `offset` or where the group has committed. */
  readonly partitions?: readonly (TopicPartition & { readonly offset?: number })[];
  /**
   * Where to begin without a committed offset, or when its records are gone (`auto.offset.reset`). No default: `latest` skips what
   * is there, `earliest` reads all of it, `error` ends the consumer with `_AUTO_OFFSET_RESET`.
   */
  readonly autoOffsetReset: "earliest" | "latest" | "error";
  /** Default `read_committed`: records of aborted transactions are not seen (`isolation.level`). */
  readonly isolation?: "read_committed" | "read_uncommitted";
  /** The most records in one batch. Default 2000: small enough that what was read is still in the cache when it is worked on. */
  readonly maxBatchRecords?: number;
  /** Static membership (KIP-345, `group.instance.id`): a restart within the session timeout keeps the partitions. */
  readonly groupInstanceId?: string;
  /** `consumer` is the broker-side protocol of KIP-848 (Kafka 4); brokers then set the session timeout. Default `classic` (`group.protocol`). */
  readonly groupProtocol?: "classic" | "consumer";
  /**
   * Of the classic protocol (`partition.assignment.strategy`). Default `cooperative-sticky` (KIP-429): a rebalance leaves in place what
   * does not move. All members of a group must share one.
   */
  readonly assignor?: "cooperative-sticky" | "range" | "roundrobin";
  /** How long a silent member keeps its partitions (`session.timeout.ms`; brokers take 6 s to 30 min). Default 45 000 ms. */
  readonly sessionTimeoutMs?: number;
}

function invalid(message: string): KafkaError {
  return new KafkaError({ code: ErrCode.invalidArgument, operation: "configure", message });
}

function commonProperties(options: ClientOptions): Properties {
  const brokers = Array.isArray(options.brokers) ? options.brokers.join(",") : options.brokers;
  if (typeof brokers !== "string" || brokers.trim() === "")
    throw invalid('brokers is empty: give "host:port", or a list of them');
  return {
    "bootstrap.servers": brokers,
    "client.id": options.clientId ?? "bun-kafka",
    "statistics.interval.ms": options.statisticsIntervalMs ?? 0,
    // librdkafka: 10 s. A broker that is back is found soon; meanwhile timed-out records are reported in time.
    "reconnect.backoff.max.ms": 500,
    // librdkafka: 5 minutes, in which nobody reads a partition or a pattern's topic that is new, and a producer refuses to write to it.
    "topic.metadata.refresh.interval.ms": 10_000,
    "metadata.max.age.ms": 900_000, // what librdkafka has; unset, it would follow the interval, and an outage empty the cache sooner
    // Logs travel as events; nothing of librdkafka writes to stderr.
    "log.queue": true,
    ...securityProperties(options),
  };
}

/** Properties the client's own bookkeeping rests on: overriding one would break it silently. */
const reserved = new Set([
  "log.queue",
  "enable.auto.commit",
  "enable.auto.offset.store",
  "enable.partition.eof",
  "delivery.report.only.error",
  "internal.termination.signal", // ends the process, which has no handler for it
]);

function withOverrides(properties: Properties, overrides: LibrdkafkaProperties | undefined): Properties {
  for (const name of Object.keys(overrides ?? {})) {
    if (reserved.has(name)) throw invalid(`${name} is set by the client and can't be overridden`);
  }
  return { ...properties, ...overrides };
}

export function producerProperties(options: ProducerOptions): Properties {
  const acks = options.acks ?? "all";
  const idempotent = options.idempotent ?? acks === "all";
  if (idempotent && acks !== "all") throw invalid('idempotent: true needs acks: "all"');
  return withOverrides(
    { ...sendingProperties(options), acks: acks === "all" ? -1 : acks, "enable.idempotence": idempotent },
    options.librdkafka,
  );
}

/** Of a transactional producer: acks and idempotence follow from the transactions. */
export function transactionalProperties(
  options: Omit<ProducerOptions, "acks" | "idempotent"> & {
    transactionalId: string;
    transactionTimeoutMs?: number;
  },
): Properties {
  if (isBlank(options.transactionalId)) throw invalid("transactionalId is empty");
  const { transactionTimeoutMs = 30_000 } = options;
  return withOverrides(
    {
      ...sendingProperties(options),
      "transactional.id": options.transactionalId,
      "transaction.timeout.ms": transactionTimeoutMs,
      // With more of them librdkafka may take a batch that was refused for written because a later one was (native/delivery-reports.ts), and a
      // transaction has no delivery reports to show it.
      "max.in.flight.requests.per.connection": 1,
      // No record may outlive its transaction.
      "message.timeout.ms": Math.min(options.deliveryTimeoutMs ?? transactionTimeoutMs, transactionTimeoutMs),
    },
    options.librdkafka,
  );
}

function sendingProperties(options: ProducerOptions): Properties {
  return {
    ...commonProperties(options),
    "compression.type": options.compression ?? "lz4",
    partitioner: options.partitioner ?? "murmur2_random",
    "linger.ms": options.lingerMs ?? 1,
    "message.timeout.ms": options.deliveryTimeoutMs ?? 30_000, // librdkafka: 5 minutes
    "queue.buffering.max.messages": options.maxQueuedRecords ?? defaultQueuedRecords,
    // The producer itself counts bytes, by whole batches: librdkafka would take a part of the one that reaches the bound.
    "queue.buffering.max.kbytes": 2_147_483_647,
    "batch.num.messages": 100_000,
  };
}

/** librdkafka cuts white space off a property's ends, and takes one of nothing else for unset. */
function isBlank(text: unknown): boolean {
  return typeof text === "string" && /^[ \t\n\v\f\r]*$/.test(text);
}

export const defaultQueuedRecords = 100_000;
export const defaultQueuedBytes = 256 * 1024 * 1024;

export function consumerProperties(options: ClientOptions & ConsumerGroupOptions): Properties {
  if (isBlank(options.groupId) || isBlank(options.librdkafka?.["group.id"]))
    throw invalid("groupId is empty");
  if ((options.topics ?? []).length + (options.partitions ?? []).length === 0) {
    throw invalid("topics is empty: name at least one topic, or partitions to read");
  }
  if (options.topics && options.partitions) throw invalid("topics and partitions exclude each other");
  return withOverrides(
    {
      ...commonProperties(options),
      ...membershipProperties(options),
      "group.id": options.groupId,
      "group.instance.id": options.groupInstanceId,
      "auto.offset.reset": options.autoOffsetReset,
      "isolation.level": options.isolation ?? "read_committed",
      "enable.auto.commit": false,
      "enable.auto.offset.store": false,
      // Tells the end of a log whose last entries no reader is shown: markers of transactions.
      "enable.partition.eof": true,
      // librdkafka pauses fetching for a whole second once a queue is full: a fast reader starves. Bytes bound the queue instead.
      "fetch.queue.backoff.ms": 2,
      "queued.max.messages.kbytes": 16_384, // a partition, as each has its own queue here
      "fetch.wait.max.ms": 100,
    },
    options.librdkafka,
  );
}

function membershipProperties({
  groupProtocol = "classic",
  assignor,
  sessionTimeoutMs,
}: ConsumerGroupOptions): Properties {
  if (groupProtocol === "consumer") {
    const set =
      assignor !== undefined ? "assignor" : sessionTimeoutMs !== undefined ? "sessionTimeoutMs" : null;
    if (set) throw invalid(`${set} is the broker's to set with groupProtocol "consumer"`);
    return { "group.protocol": groupProtocol };
  }
  const timeoutMs = sessionTimeoutMs ?? 45_000;
  return {
    "partition.assignment.strategy": assignor ?? "cooperative-sticky",
    "session.timeout.ms": timeoutMs,
    // A member hears of a rebalance by its next heartbeat. And one whose coordinator dies has this much less of its session left for the next
    // one to take over: librdkafka comes back from a session that is over as a new member, who waits until the old one is given up.
    "heartbeat.interval.ms": Math.min(3_000, Math.floor(timeoutMs / 10)),
  };
}

export function adminProperties(options: ClientOptions): Properties {
  return withOverrides(commonProperties(options), options.librdkafka);
}

/** Of a client that reads what groups have committed and belongs to none. */
export function groupReaderProperties(options: ClientOptions, groupId: string): Properties {
  if (isBlank(groupId)) throw invalid("groupId is empty");
  return { ...adminProperties(options), "group.id": groupId, "enable.auto.commit": false };
}
