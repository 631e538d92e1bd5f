/** The services of a run: how many of each, with what settings, in a folder of their own that goes with them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "@campus/broker";
import type { ServiceName } from "../support/service-process.ts";
import { type Metrics, readMetrics } from "../support/system.ts";
import { createInstance, type Instance, type UnaskedEnd } from "./instance.ts";

/** Of the consumers: how soon the group gives up one that is silent. Longer than a coordinator is away after a broker's death. */
export const SESSION_TIMEOUT_MS = 7_000;

export interface FleetOptions {
  readonly brokers: string;
  readonly producers?: number;
  readonly inventories?: number;
  readonly analytics?: number;
  /** Settings of all services, and of one kind. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly own?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;
  /** The program of a service instead of its own, for planted bugs. */
  readonly programs?: Readonly<Partial<Record<ServiceName, string>>>;
  /** A folder for what each instance has said, a file each. */
  readonly logsFolder?: string | undefined;
}

export interface Fleet extends AsyncDisposable {
  /** Where orders come in, one URL an instance; the same after its restart. */
  readonly urls: readonly string[];
  readonly metricsFile: string;
  readonly unaskedEnds: readonly UnaskedEnd[];
  of(service: ServiceName): readonly Instance[];
  all(): readonly Instance[];
  /** One instance more, started. */
  add(service: ServiceName): Promise<Instance>;
  metrics(): Promise<Metrics | undefined>;
  /** Everything that should run runs and is ready. */
  untilReady(deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { brokers, producers = 2, inventories = 2, analytics = 2, environment = {}, own = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), "campus-chaos-"));
  const metricsFile = join(folder, "metrics_output.json");
  const ports = freePorts(producers);
  const instances: Instance[] = [];
  const unaskedEnds: UnaskedEnd[] = [];

  function create(service: ServiceName, addresses: Record<string, string> = {}): Instance {
    const number = instances.filter((instance) => instance.service === service).length + 1;
    const program = options.programs?.[service];
    const instance = createInstance({
      name: service,
      number,
      ...(program === undefined ? {} : { program }),
      onUnaskedEnd: (end) => unaskedEnds.push(end),
      environment: {
        KAFKA_BROKER: brokers,
        KAFKA_REPLICATION: "3",
        KAFKA_SESSION_TIMEOUT: `${SESSION_TIMEOUT_MS}ms`,
        ...addresses,
        ...(service === "analytics" ? { ANALYTICS_METRICS_FILE: metricsFile, ANALYTICS_INTERVAL: "1s" } : {}),
        ...environment,
        ...own[service],
      },
    });
    instances.push(instance);
    return instance;
  }

  let stopped: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    await Promise.allSettled(instances.map((instance) => instance.stop()));
    const { logsFolder } = options;
    for (const { name, process } of logsFolder === undefined ? [] : instances)
      await Bun.write(
        join(logsFolder!, `${name}.jsonl`),
        process.lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      );
    await rm(folder, { recursive: true, force: true });
  }
  const stop = () => (stopped ??= stopAll());

  for (const port of ports) create("producer", { PORT: String(port) });
  for (let i = 0; i < inventories; i++) create("inventory");
  for (let i = 0; i < analytics; i++) create("analytics");
  try {
    await Promise.all(instances.map((instance) => instance.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const of = (service: ServiceName) => instances.filter((instance) => instance.service === service);
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    metricsFile,
    unaskedEnds,
    of,
    all: () => instances,
    async add(service) {
      const instance = create(service);
      await instance.start();
      return instance;
    },
    metrics: () => readMetrics(metricsFile),
    async untilReady(deadlineMs = 60_000) {
      const left = instances.filter(({ isRetired }) => !isRetired);
      for (const instance of left) {
        await instance.resume();
        instance.revive();
      }
      await Promise.all(left.map((instance) => instance.process.ready(deadlineMs)));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
