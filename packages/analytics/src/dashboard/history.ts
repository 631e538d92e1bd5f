/**
 * The figures of the last minutes, a point a second, for the charts: columns, so that they go to a page as they are. Bounded, and kept whether anybody looks
 * or not, so that a page that is opened or reloaded has its charts at once.
 */

/** What is drawn. Null where a figure was not known at that moment. */
export const SERIES = [
  "ordersPerSecond",
  "eventsPerSecond",
  "successPercent",
  "inventoryLag",
  "analyticsLag",
  "p50Ms",
  "p99Ms",
] as const;

export type Point = Readonly<Record<(typeof SERIES)[number], number | null>>;

/** Columns of equal length: seconds since 1970, then each series. */
export type Columns = Readonly<Record<"at" | (typeof SERIES)[number], readonly (number | null)[]>>;

export interface History {
  add(atMs: number, point: Point): void;
  columns(): Columns;
}

/** Keeps the last `points`. */
export function createHistory(points = 15 * 60): History {
  const rows: { readonly at: number; readonly point: Point }[] = [];
  return {
    add(atMs, point) {
      rows.push({ at: Math.round(atMs / 1000), point });
      if (rows.length > points) rows.shift();
    },
    columns() {
      const at = rows.map((row) => row.at);
      const series = SERIES.map((name) => [name, rows.map(({ point }) => point[name])]);
      return Object.fromEntries([["at", at], ...series]) as Columns;
    },
  };
}
