/**
 * A service's settings: its table read from the environment once, checked whole, and frozen. A fault is never guessed
 * around: all of them are listed, one line each, naming the variable. That goes for variables nobody reads, too: a
 * name with one of our prefixes that is in no table is most likely a spelling mistake, and a setting that was meant
 * but not made is the worst kind.
 */
import { escapeControls } from "./log-format.ts";
import { nearest } from "./nearest.ts";
import type { Setting } from "./setting.ts";

/** A table of settings: the property a value is read into, and the setting. */
export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The values that a table gives. */
export type Settings<T extends SettingsTable> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not say what the table asks for. Exit with code 2 after printing `faults`, one a line. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

export interface ReadSettingsOptions {
  environment: Environment;
  /** Prefixes whose variables must all be in the table, such as `KAFKA_`. */
  ownedPrefixes: readonly string[];
}

/**
 * The values of a table. A variable that is empty counts as not set, which is how Compose passes on an unset one.
 * @throws {SettingsError} with every fault there is
 */
export function readSettings<T extends SettingsTable>(
  table: T,
  { environment, ownedPrefixes }: ReadSettingsOptions,
): Settings<T> {
  const faults: string[] = [];
  const values = Object.entries(table).map(([property, setting]) => {
    const given = environment[setting.name]?.trim() ?? "";
    const value = given === "" ? setting.fallback : setting.parse(given);
    if (value === undefined && given !== "") faults.push(invalid(setting, given));
    return [property, value] as const;
  });
  const known = Object.values(table).map(({ name }) => name);
  faults.push(...unknownVariables(environment, ownedPrefixes, known));
  if (faults.length > 0) throw new SettingsError(faults);
  return Object.freeze(Object.fromEntries(values)) as Settings<T>;
}

function invalid({ name, expected, defaultText, isSecret }: Setting<unknown>, given: string): string {
  const shown = isSecret ? "" : `=${quoted(given)}`;
  return `${name}${shown}: expected ${expected} (without it: ${defaultText})`;
}

/** Kafka's own tools and its container images read these; they may lie in the same environment. */
const KAFKA_TOOL_VARIABLE =
  /^KAFKA_(HOME|OPTS|HEAP_OPTS|LOG4J_(CMD_)?OPTS|LOG4J_.+|JVM_PERFORMANCE_OPTS|JMX_.*|GC_LOG_OPTS|DEBUG|VERSION|CLASSPATH)$/;

/** Kubernetes sets these in every pod for a Service that is called `kafka` or `producer`. */
const KUBERNETES_SERVICE_VARIABLE = /_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_.+)?)?)$/;
const KUBERNETES_SERVICE_VALUE = /^((tcp|udp|sctp):\/\/.+|(\d{1,3}\.){3}\d{1,3}|[0-9a-f:]+|tcp|udp|sctp)$/;

function* unknownVariables(
  environment: Environment,
  ownedPrefixes: readonly string[],
  known: readonly string[],
): Generator<string> {
  for (const [name, value = ""] of Object.entries(environment)) {
    const prefix = ownedPrefixes.find((owned) => name.startsWith(owned));
    if (prefix === undefined || known.includes(name)) continue;
    if (KAFKA_TOOL_VARIABLE.test(name)) continue;
    if (KUBERNETES_SERVICE_VARIABLE.test(name) && KUBERNETES_SERVICE_VALUE.test(value)) continue;
    const siblings = known.filter((candidate) => candidate.startsWith(prefix));
    const meant = nearest(name, known);
    const hint =
      meant === undefined ? `those with this prefix are ${siblings.join(", ")}` : `did you mean ${meant}?`;
    yield `${printableName(name)}: there is no such setting; ${hint}`;
  }
}

function printableName(name: string): string {
  return /^\w{1,80}$/.test(name) ? name : quoted(name);
}

/** In quotes and short; what is in a variable can't make a second line or move the cursor. */
function quoted(given: string): string {
  return escapeControls(JSON.stringify(given.slice(0, 80)));
}
