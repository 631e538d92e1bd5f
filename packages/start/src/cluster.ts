/**
 * The cluster `bun start` brings along, as a process of its own: embedded, or Apache Kafka. The supervisor is told where
 * it is by a message once it can be used.
 *
 * bun packages/start/src/cluster.ts embedded
 * bun packages/start/src/cluster.ts apache DATA_FOLDER [1|3]
 *
 * It ends on SIGTERM. When the supervisor is killed it stays a while longer, because the services are then draining by
 * themselves and need it.
 */
import { join } from "node:path";
import {
  BrokerError,
  type BrokerErrorCode,
  type Cluster,
  describeExit,
  KAFKA_VERSION,
  startApache,
  startEmbedded,
} from "@campus/broker";
import { TOPICS } from "@campus/events";

/** What the supervisor is sent. */
export interface ClusterReady {
  readonly brokers: string;
  readonly nodes: number;
  /** For people: what it is and what becomes of its data. */
  readonly description: string;
}

/** The messages name options of `bun run kafka`, which works on the same data. */
const ADVICE: Partial<Record<BrokerErrorCode, string>> = {
  DATA_MISMATCH: "`bun start --kafka` takes it as it is; `bun run kafka --clean --nodes N` makes it anew.",
  PORT_TAKEN: "`bun run kafka --clean` makes it anew, on free ports.",
  DATA_IN_USE: "To use a cluster that is running: KAFKA_BROKER=host:port bun start.",
};

/** What services take to drain, and a little more. */
const SERVICES_DRAIN_MS = 11_000;

const [kind, dataDir, nodes] = process.argv.slice(2);

async function startCluster(signal: AbortSignal): Promise<Cluster> {
  if (kind === "embedded") {
    return startEmbedded({
      topics: Object.fromEntries(TOPICS.map(({ topic, partitions }) => [topic, partitions])),
    });
  }
  return startApache({
    nodes: nodes === "3" ? 3 : nodes === "1" ? 1 : undefined,
    dataDir,
    preferredPort: 9092,
    signal,
    onNodeExit(node, exit) {
      console.error(`Node ${node.id} (${node.address}) ${describeExit(exit)}. Its log: ${node.logFile}`);
      process.exit(1);
    },
  });
}

function readyMessage({ kind, brokers }: Cluster): ClusterReady {
  const nodes = brokers.split(",").length;
  const description =
    kind === "embedded"
      ? "embedded, IN MEMORY: everything is gone when this stops. It forgets offsets in\n             transactions, so delivery is at least once; exactly once needs --kafka or KAFKA_BROKER"
      : `Apache Kafka ${KAFKA_VERSION}, ${nodes === 1 ? "1 node" : `${nodes} nodes`}, data kept in ${join(dataDir!, "/")}`;
  return { brokers, nodes, description };
}

async function run(): Promise<number> {
  const stopping = new AbortController();
  const stop = () => stopping.abort(new BrokerError("STOPPED", "Stopped before it was ready."));
  process.on("SIGTERM", stop);
  process.stdin.on("end", () => setTimeout(stop, SERVICES_DRAIN_MS));
  process.stdin.resume();

  try {
    await using cluster = await startCluster(stopping.signal);
    process.send?.(readyMessage(cluster));
    if (!stopping.signal.aborted) {
      await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
    }
    return 0;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    if (error.code === "STOPPED") return 0;
    console.error(error.message);
    const advice = ADVICE[error.code];
    if (advice !== undefined) console.error(advice);
    return 1;
  }
}

process.exit(await run());
