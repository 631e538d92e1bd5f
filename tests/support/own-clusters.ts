/**
 * A cluster for one file of tests alone: the services' topics and groups have fixed names, so what one file leaves behind would be in
 * the next one's way. It can be made silent for a while, as a broker that hangs or is cut off.
 */
import { afterAll, beforeAll, describe } from "bun:test";
import { type ApacheCluster, apacheAvailable, type Cluster, startApache } from "@campus/broker";
import { TOPICS } from "@campus/events";
import { createCluster } from "@campus/kafka/testing";

export interface OwnCluster {
  readonly kind: Cluster["kind"];
  readonly brokers: string;
  /** Settings that the services need on it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The node, where it is a process of its own. */
  readonly node: ApacheCluster["nodes"][number] | undefined;
  /** No request is answered from now on. */
  silence(): Promise<void>;
  /** All is as before. */
  recover(): Promise<void>;
}

/** How soon a member that was killed is given up here, for tests that kill: the services' KAFKA_SESSION_TIMEOUT. */
export const SHORT_SESSION = "3s";

const available = await apacheAvailable();
if (!available.ok && process.env.CI) throw new Error(`real Apache Kafka is needed here: ${available.reason}`);

/** Declares the same tests for each kind of cluster, a fresh one each. `cluster()` is there once a test runs. */
export function onEachOwnCluster(
  name: string,
  body: (cluster: () => OwnCluster, kind: Cluster["kind"]) => void,
): void {
  for (const kind of ["embedded", "apache"] as const) onOwnCluster(kind, name, body);
}

/** The same for tests that only one kind can show. */
export function onOwnCluster(
  kind: Cluster["kind"],
  name: string,
  body: (cluster: () => OwnCluster, kind: Cluster["kind"]) => void,
): void {
  const declare = kind === "apache" && !available.ok ? describe.skip : describe;
  declare(`${name} (${kind === "embedded" ? "embedded cluster" : "real Apache Kafka"})`, () => {
    let cluster: (OwnCluster & { stop(): Promise<void> }) | undefined;
    beforeAll(async () => {
      cluster = kind === "embedded" ? embedded() : await apache();
    }, 120_000);
    body(() => cluster!, kind);
    // Hooks run in the order of their declaration: what the body started on the cluster ends before it.
    afterAll(() => cluster?.stop(), 30_000);
  });
}

function embedded() {
  const topics = Object.fromEntries(TOPICS.map(({ topic, partitions }) => [topic, partitions]));
  const cluster = createCluster({ topics });
  return {
    kind: "embedded",
    brokers: cluster.brokers,
    // It forgets offsets that are part of a transaction.
    environment: { INVENTORY_DELIVERY: "at-least-once", ANALYTICS_STATE: "commit" },
    node: undefined,
    silence: async () => cluster.brokerDown(1),
    recover: async () => cluster.brokerUp(1),
    stop: async () => cluster.close(),
  } as const;
}

async function apache() {
  const cluster = await startApache({
    // Brokers take no session below six seconds otherwise, and the tests that kill would wait for it each time; nor do they look for
    // transactions that have timed out more often than every ten.
    properties: {
      "group.min.session.timeout.ms": "1000",
      "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    },
  });
  const node = cluster.nodes[0]!;
  return {
    kind: "apache",
    brokers: cluster.brokers,
    environment: {},
    node,
    silence: () => node.kill("SIGSTOP"),
    recover: () => node.kill("SIGCONT"),
    stop: () => cluster.stop(),
  } as const;
}
