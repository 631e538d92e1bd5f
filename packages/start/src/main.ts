/**
 * `bun start`: the whole system, one process a service. This wires the supervisor to a cluster, the three services and
 * the terminal; what each does stands in its own package.
 */
import { join, resolve } from "node:path";
import { SettingsError } from "@campus/service";
import { type Addresses, chooseAddresses, PortTakenError, urlOf } from "./addresses.ts";
import { banner } from "./banner.ts";
import type { ClusterReady } from "./cluster.ts";
import { createPrefixer } from "./lines.ts";
import { type ClusterChoice, readOptions, USAGE, UsageError } from "./options.ts";
import { untilReady } from "./readiness.ts";
import { createSupervisor, StoppedError } from "./supervisor.ts";

const PACKAGES = resolve(import.meta.dir, "../..");
const LIFELINE = join(import.meta.dir, "lifeline.ts");
const CLUSTER = "kafka";
const DATA_FOLDER = join(PACKAGES, "../.kafka");

/** In the order of the data's way. They start in reverse, consumers first, and end as they stand here. */
const SERVICES = ["producer", "inventory", "analytics"] as const;

/**
 * The embedded cluster gives partitions to a consumer that joins a group of others only when their session is about to time
 * out: with a short one, one more instance beside these is soon at work. And it forgets offsets that are part of a transaction.
 */
const EMBEDDED_ENVIRONMENT = {
  KAFKA_SESSION_TIMEOUT: "2500ms",
  INVENTORY_DELIVERY: "at-least-once",
  ANALYTICS_STATE: "commit",
};

/** A little more than a service gives itself to drain. */
const STOP_TIMEOUT_MS = 12_000;

/** Within this a second signal is the same Ctrl-C again, passed on by whoever ran us. */
const SIGNAL_REPEAT_MS = 500;

const toLine = createPrefixer([CLUSTER, ...SERVICES, "start"], process.stdout.isTTY && !process.env.NO_COLOR);
const say = (notice: string) => console.log(toLine("start", notice));

const supervisor = createSupervisor({
  // console and not a stream: a line is out when the call returns, and a reader that has gone away is no error.
  onLine: (name, line, stream) => (stream === "stderr" ? console.error : console.log)(toLine(name, line)),
  onNotice: say,
  stopTimeoutMs: STOP_TIMEOUT_MS,
});

async function startCluster(choice: ClusterChoice): Promise<ClusterReady> {
  if (choice.kind === "given") {
    const { brokers } = choice;
    return { brokers, nodes: 1, description: "yours, by KAFKA_BROKER" };
  }
  const ready = Promise.withResolvers<ClusterReady>();
  const where = choice.kind === "apache" ? [resolve(choice.dataDir ?? DATA_FOLDER)] : [];
  const nodes = choice.kind === "apache" && choice.nodes !== undefined ? [String(choice.nodes)] : [];
  await supervisor.start({
    name: CLUSTER,
    command: [process.execPath, join(import.meta.dir, "cluster.ts"), choice.kind, ...where, ...nodes],
    environment: process.env,
    onMessage: (message) => ready.resolve(message as ClusterReady),
    ready: async () => void (await ready.promise),
  });
  return ready.promise;
}

async function startServices(
  environment: Record<string, string | undefined>,
  addresses: Addresses,
): Promise<void> {
  const starts = SERVICES.map((name, index) => ({ name, port: addresses.managementPorts[index]! }));
  await Promise.all(
    starts.toReversed().map(({ name, port }) =>
      supervisor.start({
        name,
        command: [process.execPath, "--preload", LIFELINE, join(PACKAGES, name, "src/main.ts")],
        environment: { ...environment, MANAGEMENT_PORT: String(port) },
        ready: (signal) =>
          untilReady({
            url: `${urlOf(addresses.managementHost, port)}/ready`,
            signal,
            onWaiting: (reason) => say(`waiting for ${name}: ${reason}`),
          }),
      }),
    ),
  );
}

async function run(choice: ClusterChoice): Promise<void> {
  const addresses = chooseAddresses(process.env, SERVICES.length);
  const cluster = await startCluster(choice);
  const metricsFile = resolve(
    process.env.ANALYTICS_METRICS_FILE?.trim() || join(PACKAGES, "../analytics_output/metrics_output.json"),
  );
  const environment = {
    ...(choice.kind === "embedded" ? EMBEDDED_ENVIRONMENT : {}),
    // A cluster that was started here with several nodes keeps as many copies, unless somebody wants it otherwise.
    KAFKA_REPLICATION: String(Math.min(3, cluster.nodes)),
    ...process.env,
    KAFKA_BROKER: cluster.brokers,
    PORT: String(addresses.port),
    DASHBOARD_PORT: String(addresses.dashboardPort),
    DASHBOARD_PRODUCER_URL: process.env.DASHBOARD_PRODUCER_URL?.trim() || addresses.url,
    ANALYTICS_METRICS_FILE: metricsFile,
  };
  await startServices(environment, addresses);
  const management = SERVICES.map(
    (name, index) => [name, urlOf(addresses.managementHost, addresses.managementPorts[index]!)] as const,
  );
  const { brokers, description } = cluster;
  const { url, dashboardUrl } = addresses;
  console.log(banner({ cluster: description, brokers, url, dashboardUrl, metricsFile, management }));
}

let signalledAt: number | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    const now = performance.now();
    if (signalledAt === undefined) {
      signalledAt = now;
      say("ending everything in order (once more: at once)");
      supervisor.stop(0);
    } else if (now - signalledAt >= SIGNAL_REPEAT_MS) {
      supervisor.kill();
      process.exit(1);
    }
  });
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) {
    console.log(USAGE);
    process.exit(0);
  }
  await run(options.cluster);
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
  if (error instanceof SettingsError || error instanceof PortTakenError) {
    console.error(error.message);
    process.exit(2);
  }
  if (!(error instanceof StoppedError)) throw error;
}
process.exit(await supervisor.outcome);
