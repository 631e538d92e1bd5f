import { expect, test } from "bun:test";
import { partitionOfKey } from "@campus/kafka";
import { createOrderIds } from "./order-ids.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Ids whose turns end when they are told to, and how many were made. */
function idsOver(partitions: number) {
  let end: () => void = () => undefined;
  const ids = createOrderIds({
    newId() {
      own.made += 1;
      return crypto.randomUUID();
    },
    afterTurn(callback) {
      end = callback;
    },
  });
  ids.spreadOver(partitions);
  const own = {
    made: 0,
    take: (count: number) => Array.from({ length: count }, () => ids.next()),
    endTurn: () => end(),
  };
  return own;
}

const partitionsOf = (ids: readonly string[], partitions: number) => [
  ...new Set(ids.map((id) => partitionOfKey(id, partitions))),
];

test("those of a turn lie in one partition, those of the next in the next", () => {
  const ids = idsOver(3);
  const seen = Array.from({ length: 6 }, () => {
    const of = partitionsOf(ids.take(50), 3);
    expect(of).toHaveLength(1);
    ids.endTurn();
    return of[0];
  });
  expect(new Set(seen.slice(0, 3)).size).toBe(3);
  expect(seen.slice(3)).toEqual(seen.slice(0, 3));
});

test("they are UUIDs, each once, and hardly more are made than are taken", () => {
  const ids = idsOver(3);
  const all = Array.from({ length: 300 }, () => {
    ids.endTurn();
    return ids.take(100);
  }).flat();
  expect(new Set(all).size).toBe(30_000);
  for (const id of all) expect(id).toMatch(UUID);
  expect(ids.made).toBeLessThan(1.1 * 30_000);
});

test("a long turn keeps a bounded number for the others", () => {
  const ids = idsOver(3);
  expect(partitionsOf(ids.take(5000), 3)).toHaveLength(1);
  ids.endTurn();
  const { made } = ids;
  ids.take(500);
  expect(ids.made).toBe(made);
  ids.take(500);
  expect(ids.made).toBeGreaterThan(made + 500);
});

test.each([1, 2, 3, 8, 9, 12, 100])(
  "of %d partitions each gets the same, several at once where there are many",
  (partitions) => {
    const ids = idsOver(partitions);
    const width = Math.ceil(partitions / 8);
    const counts = new Array<number>(partitions).fill(0);
    for (let turn = 0; turn < 10 * partitions; turn++) {
      const taken = ids.take(100);
      expect(partitionsOf(taken, partitions).length).toBeLessThanOrEqual(width);
      for (const id of taken) counts[partitionOfKey(id, partitions)]! += 1;
      ids.endTurn();
    }
    for (const count of counts) expect(Math.abs(count / 1000 - 1)).toBeLessThan(0.25);
  },
);

test("a turn ends by itself", async () => {
  const ids = createOrderIds();
  ids.spreadOver(3);
  const seen = new Set<number>();
  const deadline = performance.now() + 4000;
  while (seen.size < 3 && performance.now() < deadline) {
    seen.add(partitionOfKey(ids.next(), 3));
    await Bun.sleep(1);
  }
  expect(seen.size).toBe(3);
});

test("before it is known how many partitions there are, they are any", () => {
  const ids = createOrderIds();
  const first = Array.from({ length: 100 }, () => ids.next());
  expect(partitionsOf(first, 3)).toHaveLength(3);
});
