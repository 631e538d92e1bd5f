/**
 * Where the examples run: on the cluster that KAFKA_BROKER names, with topics that are deleted at the end, or without it on one in this
 * process. With EXAMPLE_RUN=name topics and groups have fixed names and are kept: a second start goes on where the first ended.
 */
import { createAdmin } from "@campus/kafka";
import { createCluster } from "@campus/kafka/testing";

export interface ExampleCluster<Name extends string> extends AsyncDisposable {
  /** Whether it is in this process: that one knows no aborted transactions and forgets the offsets of committed ones. */
  readonly inProcess: boolean;
  readonly brokers: string;
  /** By the name asked for, the name it has. */
  readonly topics: Readonly<Record<Name, string>>;
  readonly groupId: string;
  /** Short in this process, where a group rebalances until a second before its members' session timeout. */
  readonly sessionTimeoutMs: number;
}

/** Finds or starts the cluster and makes the topics, given with their partitions. */
export async function openCluster<Name extends string>(
  example: string,
  partitions: Readonly<Record<Name, number>>,
): Promise<ExampleCluster<Name>> {
  const { KAFKA_BROKER, EXAMPLE_RUN } = process.env;
  const suffix = EXAMPLE_RUN ?? crypto.randomUUID().slice(0, 8);
  const wanted = Object.entries<number>(partitions).map(([name, count]) => ({
    name,
    topic: `${example}-${name}-${suffix}`,
    partitions: count,
  }));
  const common = {
    topics: Object.fromEntries(wanted.map(({ name, topic }) => [name, topic])) as Record<Name, string>,
    groupId: `${example}-${suffix}`,
  };
  if (!KAFKA_BROKER) {
    const cluster = createCluster({
      topics: Object.fromEntries(wanted.map(({ topic, partitions }) => [topic, partitions])),
    });
    const close = async (): Promise<void> => cluster.close();
    const { brokers } = cluster;
    return { ...common, inProcess: true, brokers, sessionTimeoutMs: 1_500, [Symbol.asyncDispose]: close };
  }
  const admin = createAdmin({ brokers: KAFKA_BROKER });
  const made = await admin.createTopics(wanted.map((topic) => ({ ...topic, replicationFactor: 1 })));
  for (const error of made.values()) if (error && error.name !== "TOPIC_ALREADY_EXISTS") throw error;
  return {
    ...common,
    inProcess: false,
    brokers: KAFKA_BROKER,
    sessionTimeoutMs: 10_000,
    async [Symbol.asyncDispose]() {
      if (!EXAMPLE_RUN) await admin.deleteTopics(wanted.map(({ topic }) => topic));
      await admin.close();
    },
  };
}
