/** What `bun start` was asked for: the command line and KAFKA_BROKER, read into one choice of cluster. Pure. */
import { parseArgs } from "node:util";

/** Where the services will find Kafka. */
export type ClusterChoice =
  | { readonly kind: "embedded" }
  /** Without `nodes`: as many as the data kept from earlier runs is of, at first one; without `dataDir`: `.kafka` here. */
  | { readonly kind: "apache"; readonly nodes: 1 | 3 | undefined; readonly dataDir: string | undefined }
  | { readonly kind: "given"; readonly brokers: string };

export type Options = { readonly help: true } | { readonly help: false; readonly cluster: ClusterChoice };

/** A command line that can't be followed; the message says why and what would work. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `Usage: bun start [--kafka [--nodes 1|3] [--data DIR]] [--help]

Runs the whole system: the order producer (HTTP), the inventory and the analytics consumer.

  bun start                     on an embedded cluster, in memory: nothing to install, nothing kept
  bun start --kafka             on real Apache Kafka, run on this machine (needs Java 17 or newer), data kept
  bun start --kafka --nodes 3   the same with three nodes
  bun start --kafka --data DIR  the same with its data in that folder, and not in .kafka of this project
  KAFKA_BROKER=host:9092 bun start
                                on that cluster

Every setting of the services passes through the environment, e.g. PORT=9000 bun start.
Ctrl-C stops everything in order; a second Ctrl-C stops it at once.`;

/**
 * Reads the arguments after the script's name, and KAFKA_BROKER.
 * @throws UsageError
 */
export function readOptions(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): Options {
  const { kafka, nodes, data, help } = parse(args);
  if (help) return { help: true };

  const [option] = Object.entries({ nodes, data }).find(([, given]) => given !== undefined) ?? [];
  const brokers = environment.KAFKA_BROKER?.trim() ?? "";
  if (brokers !== "") {
    if (kafka || option !== undefined) {
      throw new UsageError(
        `KAFKA_BROKER names a cluster (${brokers}) and --${kafka ? "kafka" : option} asks for one here: unset KAFKA_BROKER or leave the option out`,
      );
    }
    return { help: false, cluster: { kind: "given", brokers } };
  }
  const protocol = environment.KAFKA_SECURITY_PROTOCOL?.trim() ?? "";
  if (protocol !== "" && protocol !== "PLAINTEXT") {
    throw new UsageError(
      `KAFKA_SECURITY_PROTOCOL=${protocol} is for a cluster of yours, and a cluster that is started here speaks in the clear: set KAFKA_BROKER, or unset it`,
    );
  }
  if (!kafka && option !== undefined) {
    throw new UsageError(
      `--${option} goes with --kafka: the embedded cluster has no nodes and keeps no data`,
    );
  }
  if (data === "") throw new UsageError("--data is empty: it takes a folder");
  return {
    help: false,
    cluster: kafka ? { kind: "apache", nodes: readNodes(nodes), dataDir: data } : { kind: "embedded" },
  };
}

function readNodes(given: string | undefined): 1 | 3 | undefined {
  if (given === undefined) return undefined;
  if (given === "1" || given === "3") return given === "1" ? 1 : 3;
  throw new UsageError(`--nodes must be 1 or 3, not "${given}"`);
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        kafka: { type: "boolean", default: false },
        nodes: { type: "string" },
        data: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
