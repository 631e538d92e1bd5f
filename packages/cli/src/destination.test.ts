import { expect, test } from "bun:test";
import type { OffsetSpec, TopicDescription } from "@campus/kafka";
import { type Destination, readDestination, readTargets } from "./destination.ts";
import { UsageError } from "./exit-code.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12);

test.each<[string, Destination]>([
  ["earliest", { kind: "earliest" }],
  ["latest", { kind: "latest" }],
  ["0", { kind: "offset", offset: 0 }],
  ["120", { kind: "offset", offset: 120 }],
  ["+5", { kind: "shift", records: 5 }],
  ["-100", { kind: "shift", records: -100 }],
  ["15m", { kind: "time", timestampMs: NOW_MS - 900_000 }],
  ["1.5h", { kind: "time", timestampMs: NOW_MS - 5_400_000 }],
  ["2026-01-01", { kind: "time", timestampMs: Date.UTC(2026, 0, 1) }],
  ["2026-01-01T10:00:00+02:00", { kind: "time", timestampMs: Date.UTC(2026, 0, 1, 8) }],
])("--to %s", (text, destination) => {
  expect(readDestination(text, NOW_MS)).toEqual(destination);
});

test.each(["", "soon", "first", "1.5", "5x", "2026-13-01", "2026-01-01T10:00", "--5"])(
  "--to %p is refused",
  (text) => {
    expect(() => readDestination(text, NOW_MS)).toThrow(UsageError);
  },
);

test("a slip is told what was meant", () => {
  expect(() => readDestination("earlest", NOW_MS)).toThrow(
    /it takes earliest, latest, .*did you mean earliest\?/,
  );
});

const topics = [
  {
    topic: "t",
    internal: false,
    partitions: [0, 1].map((partition) => ({ partition, leader: 1, replicas: [1], inSyncReplicas: [1] })),
  },
] as unknown as TopicDescription[];

/** Partition 0 holds 10 to 50, partition 1 holds 0 to 5; the first record since any time lies at 20, and there is none in partition 1. */
const admin = {
  async listOffsets(specs: readonly OffsetSpec[]) {
    return specs.map(({ topic, partition, at }) => {
      const known = { earliest: [10, 0], latest: [50, 5], time: [20, -1] };
      return { topic, partition, offset: known[typeof at === "string" ? at : "time"][partition]! };
    });
  },
};

test.each<[string, number[], number[]]>([
  ["earliest", [10, 0], []],
  ["latest", [50, 5], []],
  // Outside of what is kept: moved to the nearer end, and said.
  ["3", [10, 3], [0]],
  ["30", [30, 5], [1]],
  // Where nothing was committed, from the first record.
  ["+4", [34, 4], []],
  ["-100", [10, 0], [0, 1]],
  ["15m", [20, 5], []],
])("%s comes to %p", async (text, expected, moved) => {
  const committed = [{ topic: "t", partition: 0, offset: 30 }];
  const targets = await readTargets(admin, topics, committed, readDestination(text, NOW_MS));
  expect(targets.offsets.map(({ offset }) => offset)).toEqual(expected);
  expect(targets.moved.map(({ partition }) => partition)).toEqual(moved);
});
