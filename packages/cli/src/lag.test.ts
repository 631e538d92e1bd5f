import { expect, test } from "bun:test";
import fc from "fast-check";
import { lagOf, topicsOf, totalLag } from "./lag.ts";
import { placeOf } from "./topics.ts";

const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset });
const nobody = { memberId: null, clientId: null, host: null };

function member(memberId: string, ...assignment: { topic: string; partition: number }[]) {
  return { memberId, clientId: "client", host: "/10.0.0.1", groupInstanceId: null, assignment };
}

test("a row a partition, with who has it", () => {
  const rows = lagOf({
    committed: [at("t", 0, 5), at("t", 1, 9)],
    members: [member("m", { topic: "t", partition: 0 }), member("idle")],
    partitions: [0, 1, 2].map((partition) => ({ topic: "t", partition })),
    ends: [at("t", 2, 4), at("t", 0, 12), at("t", 1, 9)],
  });
  const owned = { memberId: "m", clientId: "client", host: "/10.0.0.1" };
  expect(rows).toEqual([
    { topic: "t", partition: 0, committed: 5, end: 12, lag: 7, ...owned },
    { topic: "t", partition: 1, committed: 9, end: 9, lag: 0, ...nobody },
    { topic: "t", partition: 2, committed: null, end: 4, lag: null, ...nobody },
  ]);
  expect(totalLag(rows)).toBe(7);
});

test("a topic that is gone has no end, and a log shorter than the commit does not make up for another", () => {
  const rows = lagOf({
    committed: [at("gone", 0, 5), at("new", 0, 50), at("t", 0, 1)],
    members: [],
    partitions: [],
    ends: [at("new", 0, 10), at("t", 0, 4)],
  });
  expect(rows.map(({ topic, end, lag }) => [topic, end, lag])).toEqual([
    ["gone", null, null],
    ["new", 10, -40],
    ["t", 4, 3],
  ]);
  expect(totalLag(rows)).toBe(3);
});

test("a group has to do with what it has committed in and what it reads", () => {
  const members = [member("m", { topic: "read", partition: 0 }, { topic: "both", partition: 0 })];
  expect(topicsOf({ committed: [at("both", 1, 0), at("committed", 0, 0)], members })).toEqual([
    "both",
    "committed",
    "read",
  ]);
});

test("no partition is left out or listed twice, and the total is the sum of what is behind", () => {
  const place = fc.record({ topic: fc.constantFrom("a", "b"), partition: fc.nat(9) });
  const offsets = fc.uniqueArray(
    fc.record({ topic: fc.constantFrom("a", "b"), partition: fc.nat(9), offset: fc.nat() }),
    { selector: placeOf },
  );
  const input = fc.record({
    committed: offsets,
    ends: offsets,
    partitions: fc.array(place),
    assignment: fc.array(place),
  });
  fc.assert(
    fc.property(input, ({ committed, ends, partitions, assignment }) => {
      const rows = lagOf({ committed, ends, partitions, members: [member("m", ...assignment)] });
      const all = [...committed, ...partitions, ...assignment].map(placeOf);
      expect(rows.map(placeOf).sort()).toEqual([...new Set(all)].sort());
      const behind = rows.filter(({ lag }) => (lag ?? 0) > 0).map(({ lag }) => lag!);
      expect(totalLag(rows)).toBe(behind.reduce((sum, lag) => sum + lag, 0));
    }),
  );
});
