/**
 * A cluster inside this process: librdkafka's mock brokers, which speak the real protocol on loopback, so that other
 * processes can use them too. Nothing to install, nothing kept: it says so when it starts, because a user who takes it
 * for a database loses data.
 *
 * Clients on librdkafka get on with it. Kafka 4's own Java clients do not, the stock tools of tools.ts among them.
 */
import { createCluster } from "@campus/kafka/testing";
import type { Cluster } from "./cluster.ts";
import { BrokerError } from "./error.ts";

/** What librdkafka's in-process cluster keeps of each partition; older records are dropped. */
export const EMBEDDED_LIMITS = { bytesPerPartition: 5 * 1024 * 1024, recordsPerPartition: 100_000 } as const;

/** What everyone who starts an embedded cluster should read. */
export const EMBEDDED_NOTICE =
  "The embedded cluster is in memory: it keeps at most " +
  `${EMBEDDED_LIMITS.bytesPerPartition / 1024 / 1024} MB and ${EMBEDDED_LIMITS.recordsPerPartition.toLocaleString("en")} ` +
  "records a partition (older ones are dropped), and everything is gone when it stops. " +
  "For data that stays: `bun run kafka`, or a cluster of yours.";

export interface EmbeddedOptions {
  /** Topics to make, with how many partitions each. It has no CreateTopics request: clients can't make them. */
  topics?: Readonly<Record<string, number>>;
  /** Brokers. Default 1. */
  brokers?: number;
  /** Gets the notice about what this cluster is. By default it goes to stderr. */
  announce?: (notice: string) => void;
}

/** A cluster in this process. */
export interface EmbeddedCluster extends Cluster {
  readonly kind: "embedded";
  /** Makes one more topic. */
  createTopic(topic: string, partitions: number): void;
}

/** Starts a cluster in this process and announces what it is. It ends with the process. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedCluster> {
  const { topics = {}, brokers = 1, announce = console.error } = options;
  for (const [topic, partitions] of Object.entries(topics)) checkTopic(topic, partitions);
  const cluster = createCluster({ brokers, topics, groupRebalanceDelayMs: 0 });
  announce(EMBEDDED_NOTICE);
  const stop = async (): Promise<void> => cluster.close();
  return {
    kind: "embedded",
    brokers: cluster.brokers,
    createTopic: (topic, partitions) => {
      checkTopic(topic, partitions);
      cluster.createTopic(topic, { partitions });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The mock takes any name and number as they are; a real broker would not. */
function checkTopic(topic: string, partitions: number): void {
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic) || topic === "." || topic === "..") {
    throw new BrokerError(
      "BAD_OPTION",
      `"${topic}" can't be a topic's name: up to 249 letters, digits, dots, underscores and hyphens.`,
    );
  }
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new BrokerError(
      "BAD_OPTION",
      `Topic "${topic}" is to have ${partitions} partitions: a whole number, 1 or more.`,
    );
  }
}
