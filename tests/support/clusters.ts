/**
 * The clusters that integration tests run on: the embedded one always, real Apache Kafka where Java and Maven are (with CI set, a missing
 * toolchain is a failure). Each is started once for the whole test run and ends with it; a test takes topics and groups of its own.
 */
import { beforeAll, describe } from "bun:test";
import { apacheAvailable, type Cluster, startApache, startEmbedded } from "@campus/broker";
import { createAdmin } from "@campus/kafka";

export interface TestCluster {
  readonly kind: Cluster["kind"];
  readonly brokers: string;
  /** How long a group may wait for silent members: the embedded cluster ends a rebalance one second before that. */
  readonly sessionTimeoutMs: number;
  /** A new topic with a name of its own. */
  createTopic(options?: { partitions?: number; prefix?: string }): Promise<string>;
}

const available = await apacheAvailable();
if (!available.ok && process.env.CI) throw new Error(`real Apache Kafka is needed here: ${available.reason}`);
if (!available.ok) console.warn(`skipped: tests on real Apache Kafka (${available.reason})`);

const shared = globalThis as { testClusters?: Partial<Record<Cluster["kind"], Promise<TestCluster>>> };
shared.testClusters ??= {};

/** Declares the same tests for each kind of cluster. `cluster()` is there once a test runs. */
export function onEachCluster(name: string, body: (cluster: () => TestCluster) => void): void {
  for (const kind of ["embedded", "apache"] as const) onCluster(kind, name, body);
}

/** The same for tests that only one kind can show. */
export function onCluster(
  kind: Cluster["kind"],
  name: string,
  body: (cluster: () => TestCluster) => void,
): void {
  if (kind === "apache" && !available.ok) {
    describe.skip(`${name} (real Apache Kafka)`, () => body(unreachable));
    return;
  }
  describe(`${name} (${kind === "embedded" ? "embedded cluster" : "real Apache Kafka"})`, () => {
    let cluster: TestCluster | undefined;
    beforeAll(async () => {
      shared.testClusters![kind] ??= kind === "embedded" ? embedded() : apache();
      cluster = await shared.testClusters![kind];
    }, 120_000);
    body(() => cluster!);
  });
}

function unreachable(): never {
  throw new Error("this test is skipped");
}

let topics = 0;
const newName = (prefix: string): string => `${prefix}-${process.pid}-${topics++}`;

async function embedded(): Promise<TestCluster> {
  const cluster = await startEmbedded({ announce: () => undefined });
  return {
    kind: "embedded",
    brokers: cluster.brokers,
    sessionTimeoutMs: 1_500,
    async createTopic({ partitions = 3, prefix = "topic" } = {}) {
      const topic = newName(prefix);
      cluster.createTopic(topic, partitions);
      return topic;
    },
  };
}

async function apache(): Promise<TestCluster> {
  const cluster = await startApache();
  const admin = createAdmin({ brokers: cluster.brokers });
  return {
    kind: "apache",
    brokers: cluster.brokers,
    sessionTimeoutMs: 10_000,
    async createTopic({ partitions = 3, prefix = "topic" } = {}) {
      const topic = newName(prefix);
      // Kafka looks half a minute after its start for records that are too old by their own timestamps: tests write such, and want them kept.
      const config = { "retention.ms": "-1" };
      const created = await admin.createTopics([{ topic, partitions, replicationFactor: 1, config }]);
      const error = created.get(topic);
      if (error) throw error;
      return topic;
    },
  };
}
