/**
 * Three real Kafka nodes, three copies of everything, two of them needed. The services reach each node through a proxy of its own, which it
 * advertises to them; whoever watches the run reaches the nodes directly, and sees what is in the log whatever is done to the services.
 */
import { type ApacheCluster, type ApacheNode, freePorts, startApache } from "@campus/broker";
import { EVENT_TOPICS, ORDER_EVENTS } from "@campus/events";
import { type Admin, createAdmin } from "@campus/kafka";
import { until } from "../support/until.ts";
import { startProxy, type TcpProxy } from "./proxy.ts";

const NODES = 3;

/** A killed node is given up, and taken back, after this. Kafka's own is 9 s. */
const BROKER_SESSION_MS = 3_000;

export interface ChaosCluster extends AsyncDisposable {
  readonly nodes: readonly ApacheNode[];
  /** In front of the nodes, in their order. */
  readonly proxies: readonly TcpProxy[];
  /** For the services: through the proxies. */
  readonly brokers: string;
  /** For those who watch. */
  readonly direct: string;
  readonly admin: Admin;
  /** The node that leads a partition of order-events now; the first that runs where none is known. */
  leader(partition: number): Promise<ApacheNode>;
  /** Waits until every node runs and every copy of the events is in sync. */
  untilWhole(deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ChaosClusterOptions {
  readonly signal?: AbortSignal;
  /** More of the nodes' settings, stronger than those here. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

export async function startCluster({ signal, properties }: ChaosClusterOptions = {}): Promise<ChaosCluster> {
  const proxies = await Promise.all(freePorts(NODES).map(startProxy));
  let cluster: ApacheCluster;
  try {
    cluster = await startApache({
      nodes: NODES,
      heapMiB: 384,
      listeners: { PROXIED: { protocol: "PLAINTEXT", advertisedPorts: proxies.map(({ port }) => port) } },
      properties: {
        "broker.session.timeout.ms": BROKER_SESSION_MS,
        "broker.heartbeat.interval.ms": 500,
        // How soon the controller's own death is noticed (2 s), and how long its election may take (1 s).
        "controller.quorum.fetch.timeout.ms": 1_000,
        "controller.quorum.election.timeout.ms": 500,
        // Brokers take no session below six seconds otherwise.
        "group.min.session.timeout.ms": 1_000,
        // Nor do they look for transactions that have timed out more often than every ten.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1_000,
        ...properties,
      },
      ...(signal && { signal }),
    });
  } catch (error) {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    throw error;
  }
  for (const [index, proxy] of proxies.entries()) proxy.aimAt(cluster.nodes[index]!.listenerPorts.PROXIED!);
  const admin = createAdmin({ brokers: cluster.brokers, timeoutMs: 5_000, onLog() {}, onError() {} });
  const stop = async (): Promise<void> => {
    await admin.close();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await cluster.stop();
  };
  return {
    nodes: cluster.nodes,
    proxies,
    brokers: cluster.brokersOf("PROXIED"),
    direct: cluster.brokers,
    admin,
    async leader(partition) {
      const described = await admin.describeTopics([ORDER_EVENTS]).catch(() => []);
      const of = described[0]?.partitions.find((candidate) => candidate.partition === partition);
      const running = cluster.nodes.filter(({ pid }) => pid !== undefined);
      return running.find(({ id }) => id === of?.leader?.id) ?? running[0]!;
    },
    async untilWhole(deadlineMs = 90_000) {
      const isWhole = async (): Promise<boolean> => {
        if (cluster.nodes.some(({ pid }) => pid === undefined)) return false;
        const topics = await admin.describeTopics(EVENT_TOPICS).catch(() => []);
        const partitions = topics.flatMap((topic) => topic.partitions);
        return (
          partitions.length > 0 &&
          partitions.every(
            ({ leader, inSyncReplicas, replicas }) =>
              leader !== null && inSyncReplicas.length === replicas.length,
          )
        );
      };
      await until("every copy of the events is in sync", isWhole, { deadlineMs, everyMs: 200 });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
