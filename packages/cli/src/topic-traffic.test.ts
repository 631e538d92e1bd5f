import { expect, test } from "bun:test";
import { type NewRecord, trafficOf } from "./topic-traffic.ts";

const record = (key: string | null, partition = 0, bytes = 100): NewRecord => ({
  ...{ key, partition, bytes, timestampMs: 1 },
});

test("keys that came more than once, the most frequent first, with their share and partitions", () => {
  const records = [
    ...Array(6).fill(record("hot", 2)),
    ...Array(2).fill(record("warm", 1)),
    record("once", 0, 40),
    record(null, 0, 160),
  ];
  expect(trafficOf(records)).toEqual({
    sampled: 10,
    bytes: { least: 40, mean: 100, most: 160 },
    keys: {
      distinct: 3,
      without: 1,
      top: [
        { key: "hot", records: 6, share: 0.6, partitions: [2] },
        { key: "warm", records: 2, share: 0.2, partitions: [1] },
      ],
    },
  });
});

test("nothing is known of no records", () => {
  expect(trafficOf([])).toEqual({ sampled: 0, bytes: null, keys: { distinct: 0, without: 0, top: [] } });
});
