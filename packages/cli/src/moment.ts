/** Times and durations as users write them. Pure. */

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `500ms`, `30s`, `15m`, `2h`, `7d` in milliseconds; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * UNITS_MS[unit!]!;
}

/** An ISO 8601 time in milliseconds since 1970; undefined for anything else, also for a time without a zone: that would be this machine's. */
export function readTime(text: string): number | undefined {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const ms = isTime ? Date.parse(text) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

/** A time, or a duration before now, in milliseconds since 1970; undefined for anything else. */
export function readMoment(text: string, nowMs: number): number | undefined {
  const duration = readDuration(text);
  return duration === undefined ? readTime(text) : nowMs - duration;
}

/** `4ms`, `12.5s`, `3m20s`, `2h5m`, `3d4h`: two units at most, and no blanks, so that it is one word of a table. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  const seconds = Math.round(ms / 1_000);
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 86_400),
  ];
  if (days > 0) return join([days, "d"], [hours % 24, "h"]);
  if (hours > 0) return join([hours, "h"], [minutes % 60, "m"]);
  return join([minutes, "m"], [seconds % 60, "s"]);
}

function join(...parts: readonly (readonly [amount: number, unit: string])[]): string {
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join("");
}

/** `2026-11-25T10:00:00.000Z`, or null for a record without a time. A time no calendar has becomes the nearest that ISO 8601 can say. */
export function formatTime(ms: number | null): string | null {
  return ms === null || ms < 0 ? null : new Date(Math.min(ms, 8.64e15)).toISOString();
}
