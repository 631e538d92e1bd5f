import { expect, test } from "bun:test";
import { createHistory, type Point } from "./history.ts";

const point = (ordersPerSecond: number): Point => ({
  ordersPerSecond,
  eventsPerSecond: 2 * ordersPerSecond,
  successPercent: null,
  inventoryLag: null,
  analyticsLag: 0,
  p50Ms: null,
  p99Ms: null,
});

test("the last points are kept, as columns of equal length", () => {
  const history = createHistory(3);
  expect(history.columns().at).toEqual([]);
  for (let second = 1; second <= 5; second++) history.add(second * 1000 + 400, point(second));
  const columns = history.columns();
  expect(columns.at).toEqual([3, 4, 5]);
  expect(columns.ordersPerSecond).toEqual([3, 4, 5]);
  expect(columns.successPercent).toEqual([null, null, null]);
  expect(new Set(Object.values(columns).map(({ length }) => length))).toEqual(new Set([3]));
});
