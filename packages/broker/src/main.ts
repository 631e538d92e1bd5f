/**
 * `bun run kafka`: a cluster in the foreground, until Ctrl-C; or one of Kafka's own tools. Wiring only: what the command
 * line means is arguments.ts, what a cluster is, apache.ts and embedded.ts.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ApacheCluster, startApache } from "./apache.ts";
import { type Command, readArguments, USAGE } from "./arguments.ts";
import type { Cluster } from "./cluster.ts";
import { readKept } from "./data-folder.ts";
import { startEmbedded } from "./embedded.ts";
import { BrokerError } from "./error.ts";
import { describeExit } from "./guarded-process.ts";
import { KAFKA_VERSION } from "./jar-cache.ts";
import { runToolInForeground } from "./tools.ts";

const DEFAULT_DATA = fileURLToPath(new URL("../../../.kafka", import.meta.url));
const DEFAULT_PORT = 9092;

/** Within this a second signal is the same Ctrl-C again: the terminal sends it to all, and `bun run` passes its own on. */
const SIGNAL_REPEAT_MS = 500;

/** Resolves when the user, or whoever started this, asks it to stop; asked once more, it does not wait any longer. */
function untilAskedToStop(): { asked: Promise<void>; signal: AbortSignal } {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstAt = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstAt > SIGNAL_REPEAT_MS) process.exit(1); // the guards end what is left
      return;
    }
    firstAt = performance.now();
    controller.abort(new BrokerError("STOPPED", "Stopped before it was ready."));
    resolve();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, stop);
  return { asked: promise, signal: controller.signal };
}

async function runApache(command: Extract<Command, { kind: "apache" }>): Promise<number> {
  const { asked, signal } = untilAskedToStop();
  const died = Promise.withResolvers<string>();
  const { nodes, port, clean, dataDir = DEFAULT_DATA } = command;
  const before = clean ? undefined : await readKept(dataDir);
  console.log(`Starting Apache Kafka ${KAFKA_VERSION}…`);
  await using cluster = await startApache({
    ...{ nodes, port, dataDir, clean, signal },
    preferredPort: DEFAULT_PORT,
    onNodeExit: (node, exit) => {
      const end = `Node ${node.id} (${node.address}) ${describeExit(exit)}, without being asked to.`;
      void node.logTail().then((log) => died.resolve(`${end} The end of ${node.logFile}:\n${log}`));
    },
  });
  reportApache(cluster);
  const first = cluster.nodes[0]!;
  if (!before && port === undefined && first.port !== DEFAULT_PORT) {
    console.log(
      `Port ${DEFAULT_PORT} is taken: node 1 has ${first.port}, and keeps it for as long as its data is kept.`,
    );
  }
  reportBrokers(cluster);
  const death = await Promise.race([died.promise, asked]);
  if (death) console.error(death);
  console.log("Stopping…");
  return death ? 1 : 0;
}

function reportApache(cluster: ApacheCluster): void {
  const seconds = (cluster.startedInMs / 1000).toFixed(1);
  const nodes = cluster.nodes.length === 1 ? "1 node" : `${cluster.nodes.length} nodes`;
  console.log(
    `Apache Kafka ${KAFKA_VERSION} is ready: ${nodes}, Java ${cluster.javaVersion}, started in ${seconds} s.`,
  );
  for (const node of cluster.nodes) {
    console.log(`  node ${node.id}  ${node.address}  pid ${node.pid}  log ${shown(node.logFile)}`);
  }
  console.log(`Data is kept in ${shown(cluster.dataDir)}; --clean deletes it. Ctrl-C stops it.`);
}

/** A path as a person here would write it. */
function shown(path: string): string {
  const short = relative(".", path);
  return short === "" || short.startsWith("..") ? path : short;
}

function reportBrokers(cluster: Cluster): void {
  console.log(`\nexport KAFKA_BROKER=${cluster.brokers}\n`);
}

async function runEmbedded(topics: Readonly<Record<string, number>>): Promise<number> {
  const { asked } = untilAskedToStop();
  await using cluster = await startEmbedded({ topics });
  const made = Object.entries(topics).map(([topic, partitions]) => `${topic} (${partitions})`);
  console.log(
    `The embedded cluster is ready; topics: ${made.join(", ") || "none yet, made on first use with 4 partitions"}.`,
  );
  reportBrokers(cluster);
  const alive = setInterval(() => {}, 60_000); // its threads are not ones that keep a process running
  await asked;
  clearInterval(alive);
  return 0;
}

async function runTool({ tool, args }: Extract<Command, { kind: "tool" }>): Promise<number> {
  process.on("SIGINT", () => {}); // the tool gets it too, and says how it ended
  if (args.includes("--bootstrap-server") || args.includes("--help"))
    return await runToolInForeground(tool, args);
  const kept = await readKept(DEFAULT_DATA);
  const brokers = process.env.KAFKA_BROKER || kept?.nodes.map((node) => `127.0.0.1:${node.port}`).join(",");
  if (!brokers) {
    throw new BrokerError(
      "BAD_OPTION",
      `Which cluster? Give ${tool} --bootstrap-server HOST:PORT, or set KAFKA_BROKER.`,
    );
  }
  return await runToolInForeground(tool, ["--bootstrap-server", brokers, ...args]);
}

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case "help":
      console.log(USAGE);
      return 0;
    case "apache":
      return await runApache(command);
    case "embedded":
      return await runEmbedded(command.topics);
    case "tool":
      return await runTool(command);
  }
}

try {
  process.exitCode = await run(readArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof BrokerError)) throw error;
  if (error.code !== "STOPPED") console.error(error.message);
  process.exitCode = error.code === "BAD_OPTION" ? 2 : error.code === "STOPPED" ? 0 : 1;
}
process.exit();
