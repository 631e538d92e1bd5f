import { expect, test } from "bun:test";
import type { TopicPartitionOffset } from "@campus/kafka";
import { createCommitStore } from "./checkpoint-store.ts";
import { countEvent, createCounts, totalsOf } from "./metrics.ts";
import { NOW, orders, placed } from "./testing.ts";

/** A consumer of which only the group's offsets are there. */
function groupOf(committed: TopicPartitionOffset[] = []) {
  return {
    committed: async () => committed,
    commit: async (offsets: readonly TopicPartitionOffset[]) => {
      committed = [...offsets];
    },
  };
}

test("offset and counts are one commit, and come back as one", async () => {
  const store = createCommitStore(groupOf());
  const counts = createCounts();
  for (let order = 0; order < 3; order++) countEvent(counts, placed(), NOW);
  const saved = store.save([{ ...orders(1), offset: 17, counts }]);
  countEvent(counts, placed(), NOW);
  await saved;
  const [loaded] = await store.load([orders(1)]);
  expect(loaded).toMatchObject({ topic: "order-events", partition: 1, offset: 17, counts: { orders: 3 } });
});

test("no commit yet, and a commit by a tool, are the beginning of counting", async () => {
  const store = createCommitStore(
    groupOf([
      { ...orders(0), offset: -1 },
      { ...orders(1), offset: 5 },
    ]),
  );
  const loaded = await store.load([orders(0), orders(1)]);
  expect(loaded.map(({ offset, counts }) => [offset, totalsOf([counts], NOW).events])).toEqual([
    [-1, 0],
    [5, 0],
  ]);
});

test("counts that can't be read are an error that says which and what to do", async () => {
  const store = createCommitStore(groupOf([{ ...orders(2), offset: 5, metadata: "somebody else's" }]));
  await expect(store.load([orders(2)])).rejects.toThrow(
    /counts of order-events\/2 can't be read: .*somebody else's.* Reset the group's offsets/,
  );
});
