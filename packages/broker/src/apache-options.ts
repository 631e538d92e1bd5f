/** What an Apache Kafka cluster can be told, what it does where it is told nothing, and what it refuses. */
import { BrokerError } from "./error.ts";
import type { ProcessExit } from "./guarded-process.ts";
import type { LogLevel } from "./jvm.ts";
import type { ApacheNode } from "./node.ts";
import type { Listener, Properties } from "./server-properties.ts";

export interface ApacheOptions {
  /** 1 (the default) or 3; where data is kept, the default is what it was kept by. */
  nodes?: 1 | 3 | undefined;
  /** Where data is kept between runs. Without it the data is temporary: deleted at the end, whatever ends the cluster. */
  dataDir?: string | undefined;
  /** Deletes what `dataDir` holds of an earlier cluster before starting. */
  clean?: boolean | undefined;
  /** The first node's port. Without it a free one is chosen. */
  port?: number | undefined;
  /** Like `port`, but if it is taken a free one is as good. */
  preferredPort?: number | undefined;
  /** Settings added to each node's server.properties, stronger than this project's. */
  properties?: Properties | undefined;
  /** Listeners besides the plain one, by name (capital letters): TLS, SASL, or behind a proxy. See `brokersOf`. */
  listeners?: Readonly<Record<string, Listener>> | undefined;
  /** More arguments for `kafka-storage format`, such as `["--add-scram", "SCRAM-SHA-256=[name=…]"]`. */
  formatArguments?: readonly string[] | undefined;
  /** Java heap of each node. Default 512. */
  heapMiB?: number | undefined;
  /** What goes into the nodes' logs. Default WARN. */
  logLevel?: LogLevel | undefined;
  /** How long a node may take to be ready. Default 120,000. */
  startTimeoutMs?: number | undefined;
  /** How long a node may take to end after SIGTERM before it is killed. Default 10,000. */
  stopTimeoutMs?: number | undefined;
  /** Where the jars are cached; see `cacheFolder`. */
  cacheDir?: string | undefined;
  /** Called when a node ends without this cluster having been asked to end it. */
  onNodeExit?: ((node: ApacheNode, exit: ProcessExit) => void) | undefined;
  /** Gives up starting. */
  signal?: AbortSignal | undefined;
}

export const DEFAULTS = {
  heapMiB: 512,
  logLevel: "WARN",
  startTimeoutMs: 120_000,
  stopTimeoutMs: 10_000,
} as const;

/**
 * Refuses what no cluster can be made of.
 * @throws BrokerError BAD_OPTION
 */
export function checkOptions({ nodes, port, preferredPort, heapMiB }: ApacheOptions): void {
  const faults: string[] = [];
  if (nodes !== undefined && nodes !== 1 && nodes !== 3) faults.push(`nodes is ${nodes}, and takes 1 or 3`);
  for (const [name, value] of Object.entries({ port, preferredPort })) {
    const right = value === undefined || (Number.isInteger(value) && value >= 1 && value <= 65_535);
    if (!right) faults.push(`${name} is ${value}, and takes 1 to 65535`);
  }
  if (heapMiB !== undefined && !(Number.isInteger(heapMiB) && heapMiB >= 128)) {
    faults.push(`heapMiB is ${heapMiB}, and takes a whole number from 128`);
  }
  if (faults.length > 0) throw new BrokerError("BAD_OPTION", `startApache: ${faults.join("; ")}.`);
}
