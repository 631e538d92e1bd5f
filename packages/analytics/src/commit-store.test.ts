import { expect, test } from "bun:test";
import { deadLetterTopic, MalformedEventError } from "@campus/events";
import type { BatchDelivery, ProducerRecord, TopicPartitionOffset } from "@campus/kafka";
import { writePointer } from "./checkpoint.ts";
import { type Checkpoint, NotHeldError, type Save } from "./checkpoint-store.ts";
import { createCommitStore } from "./commit-store.ts";
import { countEvent, createCounts, totalsOf } from "./metrics.ts";
import { batchOf, NOW, orders, placed } from "./testing.ts";

/** A group of which only the offsets are there, and the topics of its dead letters. */
function setUp(committed: TopicPartitionOffset[] = []) {
  const sent: { topic: string; records: readonly ProducerRecord[] }[] = [];
  const faults = { commit: false, closed: false };
  const store = createCommitStore({
    consumer: {
      committed: async () => committed,
      async commit(offsets) {
        if (faults.commit) throw new Error("no broker");
        committed = [...offsets];
      },
    },
    producer: {
      async sendBatch(topic, records) {
        sent.push({ topic, records });
        return {} as BatchDelivery;
      },
      async close() {
        faults.closed = true;
      },
    },
  });
  return { store, sent, faults, committed: () => committed };
}

function saveOf(checkpoints: Checkpoint[], changes: Partial<Save> = {}): Save {
  return { checkpoints, letters: [], holds: () => true, ...changes };
}

function letterOf(offset: number) {
  const [record] = batchOf(orders(1), offset, ["poison"]);
  const error = new MalformedEventError("no event");
  return { record: record!, group: "analytics-group", error, firstSeenMs: NOW, attempts: 1 };
}

test("offset and counts are one commit, and come back as one", async () => {
  const { store } = setUp();
  const counts = createCounts();
  for (let order = 0; order < 3; order++) countEvent(counts, placed(), NOW);
  const saved = store.save(saveOf([{ ...orders(1), offset: 17, counts }]));
  countEvent(counts, placed(), NOW);
  await saved;
  const [loaded] = await store.load([orders(1)]);
  expect(loaded).toMatchObject({ ...orders(1), offset: 17, counts: { orders: 3 }, stale: false });
});

test("no commit yet, and a commit by a tool, are the beginning of counting", async () => {
  const { store } = setUp([
    { ...orders(0), offset: -1 },
    { ...orders(1), offset: 5 },
  ]);
  const loaded = await store.load([orders(0), orders(1)]);
  expect(loaded.map(({ offset, counts }) => [offset, totalsOf([counts], NOW).events])).toEqual([
    [-1, 0],
    [5, 0],
  ]);
});

test("counts that can't be read are an error that says which and what to do", async () => {
  const { store } = setUp([{ ...orders(2), offset: 5, metadata: "somebody else's" }]);
  await expect(store.load([orders(2)])).rejects.toThrow(
    /counts of order-events\/2 can't be read: .*somebody else's.* reset the group's offsets/,
  );
});

test("counts that lie in the state topic are not taken for none", async () => {
  const { store } = setUp([{ ...orders(2), offset: 5, metadata: writePointer(5) }]);
  await expect(store.load([orders(2)])).rejects.toThrow(
    /counts of order-events\/2 can't be read: .*topic analytics-state.*ANALYTICS_STATE=topic/,
  );
});

test("dead letters lie in their topic before the commit, once even if that fails", async () => {
  const { store, sent, faults, committed } = setUp();
  const letters = [letterOf(3), letterOf(4)];
  const save = saveOf([{ ...orders(1), offset: 5, counts: createCounts() }], { letters });
  faults.commit = true;
  await expect(store.save(save)).rejects.toThrow("no broker");
  expect(committed()).toEqual([]);
  faults.commit = false;
  await store.save({ ...save, letters: [...letters, letterOf(5)] });
  expect(sent.map(({ topic, records }) => [topic, records.length])).toEqual([
    [deadLetterTopic("order-events"), 2],
    [deadLetterTopic("order-events"), 1],
  ]);
  expect(committed()).toMatchObject([{ offset: 5 }]);
});

test("of a partition given up while its letters were on their way nothing is committed", async () => {
  const { store, committed } = setUp();
  const save = saveOf([{ ...orders(1), offset: 5, counts: createCounts() }], { holds: () => false });
  await expect(store.save(save)).rejects.toBeInstanceOf(NotHeldError);
  expect(committed()).toEqual([]);
});
