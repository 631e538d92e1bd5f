/**
 * One entry of a service's table of settings: the environment variable, how its text becomes a value, and the words
 * that explain it to a user. The same entry reads the environment and prints the documentation, so they can't differ.
 */

/** A setting that, read, gives a `T`. */
export interface Setting<T> {
  /** The environment variable. */
  readonly name: string;
  /** What a valid value is, to stand after "expected" in an error: `a whole number from 1 to 10`. */
  readonly expected: string;
  readonly description: string;
  /** The value without the variable, as documented. */
  readonly defaultText: string;
  readonly fallback: T;
  /** Never shown in an error, a log or the documentation. */
  readonly isSecret: boolean;
  /** The value a text stands for, or undefined if it is none. */
  readonly parse: (text: string) => T | undefined;
}

export interface SettingOptions<T> {
  default: T;
  description: string;
}

interface RangeOptions extends SettingOptions<number> {
  min: number;
  max: number;
}

/** A whole number, in decimal. */
export function integer(name: string, { min, max, description, ...options }: RangeOptions): Setting<number> {
  return {
    name,
    description,
    expected: `a whole number from ${min} to ${max}`,
    defaultText: String(options.default),
    fallback: options.default,
    isSecret: false,
    parse: (text) => (/^-?\d{1,15}$/.test(text) ? within(Number(text), min, max) : undefined),
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A span of time with its unit, read into milliseconds: `0.5ms`, `4s`, `2m`. Range and default are in milliseconds. */
export function duration(name: string, { min, max, description, ...options }: RangeOptions): Setting<number> {
  return {
    name,
    description,
    expected: `a duration from ${formatDuration(min)} to ${formatDuration(max)} with its unit, like 500ms or 4s`,
    defaultText: formatDuration(options.default),
    fallback: options.default,
    isSecret: false,
    parse: (text) => {
      const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
      return amount === undefined || unit === undefined
        ? undefined
        : within(Number(amount) * (UNITS_MS[unit] ?? Number.NaN), min, max);
    },
  };
}

/** One of a few words. */
export function choice<const T extends string>(
  name: string,
  { values, description, ...options }: { values: readonly T[]; default: NoInfer<T>; description: string },
): Setting<T> {
  return {
    name,
    description,
    expected: `one of ${values.join(", ")}`,
    defaultText: options.default,
    fallback: options.default,
    isSecret: false,
    parse: (text) => values.find((value) => value === text),
  };
}

/** Any text on one line, up to 4096 characters. */
export function text(name: string, { description, ...options }: SettingOptions<string>): Setting<string> {
  return {
    name,
    description,
    expected: "a text on one line",
    defaultText: options.default,
    fallback: options.default,
    isSecret: false,
    parse: oneLine,
  };
}

/** A text that is never shown. There is no default: undefined means that it was not given. */
export function secret(name: string, { description }: { description: string }): Setting<string | undefined> {
  return {
    name,
    description,
    expected: "a text on one line",
    defaultText: "none",
    fallback: undefined,
    isSecret: true,
    parse: oneLine,
  };
}

/** Addresses as `host:port`, separated by commas; IPv6 as `[::1]:9092`. */
export function hostList(
  name: string,
  { description, ...options }: SettingOptions<readonly string[]>,
): Setting<readonly string[]> {
  return {
    name,
    description,
    expected: "host:port, or several separated by commas",
    defaultText: options.default.join(","),
    fallback: Object.freeze([...options.default]),
    isSecret: false,
    parse: (text) => {
      const hosts = text.split(",").map((host) => host.trim());
      return hosts.every(isHostAndPort) ? Object.freeze(hosts) : undefined;
    },
  };
}

/** A setting without which the service decides by itself; `otherwise` says how. */
export function optional<T>(setting: Setting<T>, otherwise: string): Setting<T | undefined> {
  return { ...setting, defaultText: otherwise, fallback: undefined };
}

/** `1500` as `1.5s`: the largest unit that leaves the amount at 1 or more. */
export function formatDuration(durationMs: number): string {
  const [unit, sizeMs] = Object.entries(UNITS_MS).findLast(([, size]) => durationMs >= size) ?? ["ms", 1];
  return `${durationMs / sizeMs}${unit}`;
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

function oneLine(value: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return value.length <= 4096 && !/[\u0000-\u001f\u007f]/.test(value) ? value : undefined;
}

function isHostAndPort(address: string): boolean {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]{1,253}):(\d{1,5})$/.exec(address) ?? [];
  return host !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}
