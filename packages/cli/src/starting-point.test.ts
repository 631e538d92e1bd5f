import { expect, test } from "bun:test";
import { UsageError } from "./exit-code.ts";
import { onlyPartitions, readStartingPoint, type StartingPoint } from "./starting-point.ts";

const LATEST: StartingPoint = { kind: "latest" };

test.each<[string | undefined, string | undefined, StartingPoint]>([
  [undefined, undefined, LATEST],
  ["earliest", undefined, { kind: "earliest" }],
  ["end-100", undefined, { kind: "last", records: 100 }],
  ["42", undefined, { kind: "offset", offset: 42 }],
  [undefined, "10m", { kind: "time", timestampMs: 400_000 }],
  [undefined, "1970-01-01T00:00:01Z", { kind: "time", timestampMs: 1_000 }],
])("--from %p, --since %p", (from, since, point) => {
  expect(readStartingPoint(from, since, LATEST, 1_000_000)).toEqual(point);
});

test.each([
  ["erliest", undefined, "did you mean earliest?"],
  ["end", undefined, "it takes earliest, latest, an offset, or end-100"],
  [undefined, "yesterday", "it takes a time"],
  ["0", "1m", "only one of them"],
])("--from %p, --since %p is refused", (from, since, reason) => {
  expect(() => readStartingPoint(from, since, LATEST)).toThrow(UsageError);
  expect(() => readStartingPoint(from, since, LATEST)).toThrow(reason);
});

test("partitions that are named, and one that is not there", () => {
  const all = [0, 1, 2].map((partition) => ({ topic: "t", partition, start: 0, first: 0, end: 1 }));
  expect(onlyPartitions(all, [])).toEqual(all);
  expect(onlyPartitions(all, ["2", "0"]).map(({ partition }) => partition)).toEqual([0, 2]);
  expect(() => onlyPartitions(all, ["3"])).toThrow("there is t/0, t/1, t/2");
});
