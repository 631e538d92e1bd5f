/** Requests that meet a cluster in motion: what is asked again, how long, and what is not. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Admin, createAdmin } from "./admin.ts";
import { createProducer } from "./producer.ts";
import { useCluster } from "./test-cluster.ts";

setDefaultTimeout(30_000);

const api = { produce: 0, listOffsets: 2, metadata: 3, offsetCommit: 8, offsetFetch: 9 };
const dropped = -195;
const notLeader = 6;
const notCoordinator = 16;
const fencedLeaderEpoch = 74;
const unstableOffsetCommit = 88;
const illegalGeneration = 22;

const quiet = { onLog: () => undefined, onError: () => undefined };
const at = (partition: number) => ({ topic: "orders", partition, at: "latest" as const });

const { cluster } = useCluster({ brokers: 3, topics: { orders: 3 } });
beforeAll(async () => {
  await using producer = createProducer({ brokers: cluster.brokers, ...quiet });
  const records = [0, 1, 1, 2, 2, 2].map((partition) => ({ value: "x", partition }));
  await producer.sendBatch("orders", records);
});

/** With all it needs known: no request of its start meets what a test prepares. */
async function settled(timeoutMs = 10_000): Promise<Admin> {
  const admin = createAdmin({ brokers: cluster.brokers, timeoutMs, ...quiet });
  await admin.listOffsets([at(0), at(1), at(2)]);
  return admin;
}

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);

test("a reading request whose connection breaks is asked again", async () => {
  await using admin = await settled();
  cluster.pushRequestErrors(api.listOffsets, [dropped, dropped]);
  expect((await admin.listOffsets([at(1)]))[0]).toMatchObject({ offset: 2 });
  cluster.pushRequestErrors(api.metadata, [dropped, dropped]);
  expect((await admin.describeTopics(["orders"]))[0]!.partitions).toHaveLength(3);
  cluster.pushRequestErrors(api.metadata, [dropped, dropped]);
  expect(await admin.listTopics()).toContain("orders");
});

test("partitions whose leader was the wrong one are asked again, they alone, and answered in order", async () => {
  await using admin = await settled();
  cluster.pushRequestErrors(api.listOffsets, [fencedLeaderEpoch, notLeader, fencedLeaderEpoch]);
  const ends = await admin.listOffsets([at(2), at(0), at(1)]);
  expect(ends.map(({ partition, offset }) => [partition, offset])).toEqual([
    [2, 3],
    [0, 1],
    [1, 2],
  ]);
});

test("a leader that has moved is found", async () => {
  await using admin = await settled();
  const leaders = async () =>
    (await admin.describeTopics(["orders"]))[0]!.partitions.map(({ leader }) => leader!.id);
  for (const [partition, leader] of (await leaders()).entries()) {
    cluster.moveLeader("orders", partition, (leader % 3) + 1);
  }
  const ends = await admin.listOffsets([at(0), at(1), at(2)]);
  expect(ends.map(({ offset }) => offset)).toEqual([1, 2, 3]);
});

test("a leader that went down and was replaced is not waited for to the end", async () => {
  cluster.moveLeader("orders", 0, 2); // not 1: that is the controller, which does not move here
  await using admin = await settled(8_000);
  cluster.brokerDown(2);
  try {
    cluster.moveLeader("orders", 0, 3);
    const from = performance.now();
    expect(await admin.listOffsets([at(0)])).toMatchObject([{ offset: 1 }]);
    expect(performance.now() - from).toBeLessThan(6_000);
  } finally {
    cluster.brokerUp(2);
  }
});

test("a coordinator that has moved is found, by reads and by writes", async () => {
  await using admin = await settled();
  const place = { topic: "orders", partition: 0 };
  for (const id of [1, 2, 3, 1]) {
    cluster.moveCoordinator("moving", id);
    await admin.alterGroupOffsets("moving", [{ ...place, offset: id }]);
    cluster.moveCoordinator("moving", (id % 3) + 1);
    expect(await admin.groupOffsets("moving", [place])).toHaveLength(1);
  }
});

test("offsets that an open transaction holds are waited for", async () => {
  await using admin = await settled();
  const place = { topic: "orders", partition: 0 };
  await admin.alterGroupOffsets("unstable", [{ ...place, offset: 1 }]);
  cluster.pushRequestErrors(api.offsetFetch, [unstableOffsetCommit, unstableOffsetCommit, 14, 15]);
  expect(await admin.groupOffsets("unstable", [place])).toEqual([{ ...place, offset: 1 }]);
});

test("what a broker said to the end is the error; it may pass later", async () => {
  await using admin = await settled(2_000);
  cluster.pushRequestErrors(api.listOffsets, new Array(50).fill(fencedLeaderEpoch));
  const from = performance.now();
  expect(await failure(admin.listOffsets([at(0)]))).toMatchObject({
    name: "FENCED_LEADER_EPOCH",
    retriable: true,
  });
  expect(performance.now() - from).toBeWithin(1_000, 5_000);
  cluster.clearRequestErrors(api.listOffsets);
  expect(await admin.listOffsets([at(0)])).toHaveLength(1);
});

test("connections that break to the end are no answer in time", async () => {
  await using admin = await settled(2_000);
  cluster.pushRequestErrors(api.listOffsets, new Array(50).fill(dropped));
  expect(await failure(admin.listOffsets([at(0)]))).toMatchObject({ name: "_TIMED_OUT", retriable: true });
  cluster.clearRequestErrors(api.listOffsets);
});

test("an error that does not pass is given at once", async () => {
  await using admin = await settled();
  for (const unknown of [[{ ...at(0), topic: "nothing" }], [at(9)], [at(0), at(9)]]) {
    expect(await failure(admin.listOffsets(unknown))).toMatchObject({ name: "UNKNOWN_TOPIC_OR_PART" });
  }
  cluster.pushRequestErrors(api.offsetCommit, [illegalGeneration]);
  const place = { topic: "orders", partition: 0, offset: 1 };
  expect(await failure(admin.alterGroupOffsets("refused", [place]))).toMatchObject({
    name: "ILLEGAL_GENERATION",
  });
});

test("a write is asked again where nothing was done, and not where that is unknown", async () => {
  await using admin = await settled();
  const place = { topic: "orders", partition: 0 };
  const alter = (offset: number) => admin.alterGroupOffsets("written", [{ ...place, offset }]);
  cluster.pushRequestErrors(api.offsetCommit, [notCoordinator, 14, 15]);
  await alter(1);
  expect(await admin.groupOffsets("written", [place])).toMatchObject([{ offset: 1 }]);
  cluster.pushRequestErrors(api.offsetCommit, [dropped]);
  expect(await failure(alter(2))).toMatchObject({ name: "_TRANSPORT", retriable: true });
  expect(await admin.groupOffsets("written", [place])).toMatchObject([{ offset: 1 }]);
});

test("closing ends the wait for the next attempt at once", async () => {
  const admin = await settled(60_000);
  cluster.pushRequestErrors(api.listOffsets, new Array(50).fill(notLeader));
  const asking = failure(admin.listOffsets([at(0)]));
  await admin.describeCluster(); // meanwhile the first attempt was refused
  const from = performance.now();
  await admin.close();
  expect(await asking).toMatchObject({ name: "_STATE" });
  expect(performance.now() - from).toBeLessThan(5_000);
  cluster.clearRequestErrors(api.listOffsets);
});
