/**
 * When a node counts as ready: the broker itself answers a Metadata request on its own port, names this very cluster, and
 * counts the expected nodes among those that are up.
 */
import { BrokerError } from "./error.ts";
import { type ClusterView, probeMetadata } from "./metadata-probe.ts";

const POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 1_000;

export interface ReadinessOptions {
  port: number;
  clusterId: string;
  /** Node ids that must be up, as this node sees it. */
  expected: readonly number[];
  timeoutMs: number;
  /** Stops waiting: the process ended, or the caller changed its mind. Its reason is thrown. */
  signal: AbortSignal;
}

/**
 * Resolves once the node is ready.
 * @throws BrokerError PORT_TAKEN if another cluster answers there, START_FAILED after `timeoutMs`; the signal's reason
 */
export async function waitUntilReady(options: ReadinessOptions): Promise<void> {
  const { port, clusterId, expected, timeoutMs, signal } = options;
  const deadline = performance.now() + timeoutMs;
  let last = "it did not answer";
  do {
    signal.throwIfAborted();
    try {
      const view = await probeMetadata(port, ANSWER_TIMEOUT_MS);
      if (view.clusterId !== clusterId) throw foreignCluster(port, view);
      const missing = expected.filter((id) => !view.brokers.some((broker) => broker.id === id));
      if (missing.length === 0) return;
      last = `it answers, but does not see node ${missing.join(", ")} yet`;
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    await Bun.sleep(POLL_MS);
  } while (performance.now() < deadline);
  signal.throwIfAborted();
  throw new BrokerError("START_FAILED", `was not ready within ${timeoutMs / 1000} s: ${last}`);
}

function foreignCluster(port: number, { clusterId }: ClusterView): BrokerError {
  return new BrokerError(
    "PORT_TAKEN",
    `another Kafka cluster (${clusterId ?? "without an id"}) answers on port ${port}`,
  );
}
