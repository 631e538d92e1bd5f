/**
 * What every process does before its own work: settings, log, lifecycle, management port. A service's `main.ts` calls
 * this once and builds on what it gets; nothing here knows what the service is for.
 */
import { COMMON_PREFIXES, type commonSettings } from "./common-settings.ts";
import { type KafkaSecurity, kafkaSecurity } from "./kafka-security.ts";
import { createLifecycle, EXIT_CODE, type Lifecycle } from "./lifecycle.ts";
import { createLog, type Logger } from "./log.ts";
import { startManagement } from "./management.ts";
import { createMetrics, type Registry } from "./metrics.ts";
import { createReadiness, type Readiness } from "./readiness.ts";
import {
  type Environment,
  readSettings,
  type Settings,
  SettingsError,
  type SettingsTable,
} from "./settings.ts";
import { settingsHelp } from "./settings-document.ts";

type CommonSettings = Settings<ReturnType<typeof commonSettings>>;

/** A table that holds the common settings among its own. */
type ServiceTable = SettingsTable & ReturnType<typeof commonSettings>;

export interface ServiceOptions<T extends ServiceTable> {
  /** Its name in log lines, one lower-case word. */
  name: string;
  /** What it does, for `--help`. */
  description: string;
  settings: T;
  /** Prefixes of its own settings, such as `PRODUCER_`, next to those that all services share. */
  prefixes: readonly string[];
  /** Its management port unless another is asked for. */
  managementPort: number;
  environment?: Environment;
  args?: readonly string[];
}

export interface Service<T extends ServiceTable> {
  readonly settings: Settings<T>;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  /** Blocked by `starting` until the service clears that, and by `draining` at the end. */
  readonly readiness: Readiness;
  readonly metrics: Registry;
  /** Where Kafka is and how to connect to it: options of every client. */
  readonly kafka: KafkaSecurity & { readonly brokers: readonly string[] };
}

/** Brings a process up to the point where its own work begins. Bad settings end it here, with exit code 2. */
export async function startService<T extends ServiceTable>({
  name,
  description,
  settings: table,
  prefixes,
  managementPort,
  environment = process.env,
  args = process.argv.slice(2),
}: ServiceOptions<T>): Promise<Service<T>> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(`${description}\n\nSettings, from the environment:\n${settingsHelp(table)}`);
    process.exit(0);
  }
  const [settings, security] = orExit(() => {
    if (args.length > 0)
      throw new SettingsError(["It takes no arguments but --help; settings come from the environment"]);
    const settings = readSettings(table, { environment, ownedPrefixes: [...COMMON_PREFIXES, ...prefixes] });
    return [settings, kafkaSecurity(settings as CommonSettings)] as const;
  });
  // What all services share, seen without the service's own type parameter.
  const common = settings as CommonSettings;
  const log = createLog({ name, level: common.logLevel, format: common.logFormat });
  const lifecycle = createLifecycle({ log });
  const readiness = createReadiness();
  const metrics = createMetrics();
  readiness.block("starting", "it has only just started");
  lifecycle.signal.addEventListener("abort", () => readiness.block("draining", "the process is ending"));
  try {
    const management = startManagement({
      host: common.managementHost,
      port: common.managementPort,
      defaultPort: managementPort,
      readiness,
      metrics,
      log,
    });
    lifecycle.onDrain("management", () => management.stop());
  } catch (cause) {
    const at = `${common.managementHost}:${common.managementPort ?? managementPort}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    await lifecycle.fail(
      new Error(`Can't listen on ${at}: ${reason} Set MANAGEMENT_HOST or MANAGEMENT_PORT.`, { cause }),
    );
  }
  const kafka = { brokers: common.brokers, ...security };
  return { settings, log, lifecycle, readiness, metrics, kafka };
}

function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const fault of error.faults) console.error(fault);
    process.exit(EXIT_CODE.badSettings);
  }
}
