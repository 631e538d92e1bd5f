/**
 * The whole system as real processes against a given cluster: producer, inventory and analytics, with ports and a metrics file of this
 * system's own. Whoever starts it owns it: `await using`.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "@campus/broker";
import { createServiceProcess, type ServiceName, type ServiceProcess } from "./service-process.ts";
import { until } from "./until.ts";

/** What `metrics_output.json` holds. */
export interface Metrics {
  readonly timestamp: string;
  readonly orders_per_minute: number;
  readonly failure_rate_percent: number;
  readonly success_rate_percent: number;
  readonly total_orders: number;
  readonly failed_orders: number;
  readonly reserved_orders: number;
  readonly throughput_events_per_second: number;
  readonly elapsed_seconds: number;
}

export interface SystemOptions {
  readonly brokers: string;
  /** Settings of all three services besides their defaults. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings of one service, besides those. */
  readonly own?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;
}

export interface System extends AsyncDisposable {
  /** Where orders come in; the same after a restart of the producer. */
  readonly url: string;
  /** The same for the dashboard, which analytics serves. */
  readonly dashboardUrl: string;
  readonly producer: ServiceProcess;
  readonly inventory: ServiceProcess;
  readonly analytics: ServiceProcess;
  readonly metricsFile: string;
  /** The settings that name this system's files, for one more instance of a consumer. */
  readonly folders: Readonly<Record<string, string>>;
  /** The newest metrics, or undefined before the first. */
  metrics(): Promise<Metrics | undefined>;
  /** `until`, with the services' last lines in the message of a failure. */
  until(
    what: string,
    condition: () => boolean | Promise<boolean>,
    options?: { deadlineMs?: number },
  ): Promise<void>;
  /** Ends what still runs, in order where it can, and removes the folders. */
  stop(): Promise<void>;
}

export async function startSystem({ brokers, environment = {}, own = {} }: SystemOptions): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), "campus-system-"));
  const metricsFile = join(folder, "analytics_output/metrics_output.json");
  const [port, dashboardPort] = freePorts(2);
  const create = (name: ServiceName, addresses: Record<string, string>) =>
    createServiceProcess({
      name,
      environment: { KAFKA_BROKER: brokers, ...addresses, ...environment, ...own[name] },
    });
  const folders = { ANALYTICS_METRICS_FILE: metricsFile };
  const services = {
    producer: create("producer", { PORT: String(port) }),
    inventory: create("inventory", folders),
    analytics: create("analytics", {
      ...folders,
      DASHBOARD_PORT: String(dashboardPort),
      DASHBOARD_PRODUCER_URL: `http://127.0.0.1:${port}`,
    }),
  };
  let stopped: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    await Promise.all(Object.values(services).map((service) => service.stop()));
    await rm(folder, { recursive: true, force: true });
  }
  const stop = () => (stopped ??= stopAll());

  try {
    await Promise.all(Object.values(services).map((service) => service.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    dashboardUrl: `http://127.0.0.1:${dashboardPort}`,
    ...services,
    metricsFile,
    folders,
    metrics: () => readMetrics(metricsFile),
    async until(what, condition, options) {
      await until(what, condition, options).catch((error) => {
        const tails = Object.values(services).map((service) => service.tail(12));
        throw new Error(`${error.message}\n${tails.join("\n")}`);
      });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The metrics in a file, or undefined where there is none. It is replaced as a whole, so half a file would be a fault. */
export async function readMetrics(path: string): Promise<Metrics | undefined> {
  // Not Bun.file: after `exists()` that reads as many bytes as the file had then, and it may be another one by now.
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Metrics);
}
