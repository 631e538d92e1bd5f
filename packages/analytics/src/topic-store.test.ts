import { expect, test } from "bun:test";
import { deadLetterTopic, MalformedEventError } from "@campus/events";
import {
  type Consumer,
  KafkaError,
  type ProducerRecord,
  type TopicPartitionOffset,
  type Transaction,
} from "@campus/kafka";
import { writeCheckpoint } from "./checkpoint.ts";
import { NotHeldError, type Save } from "./checkpoint-store.ts";
import { countEvent, createCounts } from "./metrics.ts";
import { keyOf } from "./processor.ts";
import type { StateEntry } from "./state-log.ts";
import { STATE_TOPIC, stateKey } from "./state-topic.ts";
import { batchOf, NOW, orders, placed, recordingLog } from "./testing.ts";
import { createTopicStore } from "./topic-store.ts";
import { UnsettledError } from "./transactions.ts";

type Outcome = "commits" | "aborts" | "unsettled, committed" | "unsettled, aborted";

/** A cluster of which only what a transaction touches is there: all of it becomes visible together, or nothing. */
function setUp() {
  const offsets = new Map<string, TopicPartitionOffset>();
  const table = new Map<string, StateEntry>();
  const letters: string[] = [];
  const steps: string[] = [];
  const faults = { outcome: "commits" as Outcome, committed: 0, catchUp: Promise.resolve() };
  let end = 0;

  async function run(work: (transaction: Transaction) => void | Promise<void>): Promise<void> {
    const effects: (() => void)[] = [];
    await work({
      sendBatch(topic: string, records: readonly ProducerRecord[]) {
        for (const { key, value } of records) {
          effects.push(() =>
            topic === STATE_TOPIC
              ? table.set(String(key), { value: String(value), offset: end++ })
              : letters.push(topic),
          );
        }
      },
      async sendOffsets(_: Consumer, sent: readonly TopicPartitionOffset[]) {
        for (const offset of sent) effects.push(() => offsets.set(keyOf(offset), offset));
      },
    } as Transaction);
    if (faults.outcome === "aborts") throw new KafkaError({ code: -185, operation: "commit", message: "no" });
    if (faults.outcome !== "unsettled, aborted") for (const apply of effects) apply();
    if (faults.outcome.startsWith("unsettled")) throw new UnsettledError("no answer");
  }
  const { log, lines } = recordingLog();
  const store = createTopicStore({
    groupId: "g",
    consumer: {
      async committed(partitions: TopicPartitionOffset[]) {
        if (faults.committed-- > 0)
          throw new KafkaError({ code: -185, operation: "list offsets", message: "no answer" });
        steps.push("offsets");
        return partitions.map((partition) => offsets.get(keyOf(partition)) ?? { ...partition, offset: -1 });
      },
    } as Partial<Consumer> as Consumer,
    transactions: { run, close: async () => void steps.push("transactions closed") },
    stateLog: {
      get: (key) => table.get(key),
      async catchUp() {
        await faults.catchUp;
        steps.push("log");
      },
      readTo: async () => undefined,
      stableOffset: async () => 41,
      close: async () => void steps.push("log closed"),
    },
    log,
    transactionTimeoutMs: 5_000,
    noticeMs: 2,
    retryMs: 1,
  });
  return { store, offsets, table, letters, steps, faults, lines };
}

const saveOf = (offset: number, changes: Partial<Save> = {}): Save => ({
  checkpoints: [{ ...orders(1), offset, counts: { ...createCounts(), orders: offset } }],
  letters: [],
  holds: () => true,
  ...changes,
});

function letterOf(offset: number) {
  const [record] = batchOf(orders(1), offset, ["poison"]);
  return { record: record!, group: "g", error: new MalformedEventError("no"), firstSeenMs: NOW, attempts: 1 };
}

test("counts, offset and dead letters are one transaction, and come back as one", async () => {
  const { store, offsets, table, letters } = setUp();
  const counts = createCounts();
  countEvent(counts, placed(), NOW);
  const checkpoint = { ...orders(1), offset: 17, counts };
  const saved = store.save(saveOf(17, { checkpoints: [checkpoint], letters: [letterOf(3)] }));
  countEvent(counts, placed(), NOW);
  checkpoint.offset = 18;
  await saved;
  expect([...offsets.values()]).toEqual([
    { ...orders(1), offset: 17, metadata: '{"version":2,"offset":17,"counts_in":"topic"}' },
  ]);
  expect([...table.keys()]).toEqual(["g/order-events/1"]);
  expect(letters).toEqual([deadLetterTopic("order-events")]);
  expect(await store.load([orders(1), orders(2)])).toMatchObject([
    { ...orders(1), offset: 17, counts: { orders: 1 }, stale: false },
    { ...orders(2), offset: -1, counts: { orders: 0 }, stale: false },
  ]);
  expect(await store.latest([orders(1), orders(2)])).toMatchObject([
    { ...orders(1), offset: 17, counts: { orders: 1 } },
    { ...orders(2), offset: -1, counts: { orders: 0 } },
  ]);
});

test("the log is read after the offsets, to its end: what an offset stands for lies before that", async () => {
  const { store, steps } = setUp();
  await store.load([orders(1)]);
  expect(steps).toEqual(["offsets", "log"]);
});

test("a restore that has to wait says for what", async () => {
  const { store, faults, lines } = setUp();
  const open = Promise.withResolvers<void>();
  faults.catchUp = open.promise;
  const loaded = store.load([orders(1)]);
  while (lines.length === 0) await Bun.sleep(1);
  open.resolve();
  await loaded;
  const said = lines.length;
  expect(lines[0]).toContain("a transaction is open since offset 41 of analytics-state");
  await Bun.sleep(10);
  expect(lines).toHaveLength(said);
});

test("an offset set by a tool is said, and counted from", async () => {
  const { store, offsets, lines } = setUp();
  await store.save(saveOf(17));
  offsets.set(keyOf(orders(1)), { ...orders(1), offset: 3 });
  expect(await store.load([orders(1)])).toMatchObject([{ offset: 3, counts: { orders: 0 }, stale: true }]);
  expect(lines).toEqual([
    "INFO    test order-events/1: the offset was set to 3 from outside: counting anew from there",
  ]);
});

test("what is aborted is not kept, and said", async () => {
  const { store, offsets, faults } = setUp();
  faults.outcome = "aborts";
  await expect(store.save(saveOf(17))).rejects.toThrow("commit: no");
  expect(offsets.size).toBe(0);
});

test("a partition given up by the time its offset would be sent keeps the whole transaction from happening", async () => {
  const { store, offsets, table } = setUp();
  await expect(store.save(saveOf(17, { holds: () => false }))).rejects.toBeInstanceOf(NotHeldError);
  expect([offsets.size, table.size]).toEqual([0, 0]);
});

test("after a commit without an answer the group's offset tells whether it is kept", async () => {
  const { store, faults, letters } = setUp();
  await store.save(saveOf(10));
  faults.outcome = "unsettled, aborted";
  await expect(store.save(saveOf(17, { letters: [letterOf(12)] }))).rejects.toBeInstanceOf(UnsettledError);
  faults.outcome = "unsettled, committed";
  faults.committed = 3;
  await store.save(saveOf(17, { letters: [letterOf(12)] }));
  expect(letters).toHaveLength(1);
});

test("the offset of a partition given up meanwhile tells nothing: it may be another's", async () => {
  const { store, faults } = setUp();
  faults.outcome = "unsettled, committed";
  let looks = 0;
  const holds = () => looks++ === 0;
  await expect(store.save(saveOf(17, { holds }))).rejects.toBeInstanceOf(UnsettledError);
});

test("a record that can't be read is named, in a figure as in a restore", async () => {
  const { store, table } = setUp();
  table.set(stateKey("g", orders(1)), { value: "junk", offset: 5 });
  await expect(store.latest([orders(1)])).rejects.toThrow("record 5 of analytics-state/0 can't be read");
});

test("counts written beside commits are found when the store was changed, and kept here from then on", async () => {
  const { store, offsets, table } = setUp();
  const metadata = writeCheckpoint(9, { ...createCounts(), orders: 8 });
  offsets.set(keyOf(orders(1)), { ...orders(1), offset: 9, metadata });
  const [found] = await store.load([orders(1)]);
  expect(found).toMatchObject({ offset: 9, counts: { orders: 8 }, stale: true });
  await store.save(saveOf(9, { checkpoints: [found!] }));
  expect(table.size).toBe(1);
  expect(await store.load([orders(1)])).toMatchObject([{ offset: 9, counts: { orders: 8 }, stale: false }]);
});

test("closing closes the log and the transactions", async () => {
  const { store, steps } = setUp();
  await store.close();
  expect(steps.toSorted()).toEqual(["log closed", "transactions closed"]);
});
