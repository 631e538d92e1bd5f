/** Options that take a number. */
import type { Given } from "./command.ts";
import { UsageError } from "./exit-code.ts";
import { readDuration } from "./moment.ts";

/** The whole number given, from `least` on, or undefined. @throws UsageError */
export function wholeNumber(given: Given, name: string, least = 0): number | undefined {
  const text = given.value(name);
  if (text === undefined) return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least) return number;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}: it takes a whole number from ${least} on`);
}

/** The duration given, in milliseconds, or undefined. @throws UsageError */
export function duration(given: Given, name: string): number | undefined {
  const text = given.value(name);
  if (text === undefined) return undefined;
  const ms = readDuration(text);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `--${name} is ${JSON.stringify(text)}: it takes a duration, such as 500ms, 30s, 15m, 2h`,
  );
}
