/** Requests whose coordinator is found only after they were given up: whoever asked is told in time, and the process lives on. */
import { expect, test } from "bun:test";
import { createAdmin } from "../admin.ts";
import { createCluster, liveHandles } from "../testing/index.ts";

const FindCoordinator = 10;
const coordinatorNotAvailable = 15;

const options = { timeoutMs: 400, onLog: () => undefined };
const bothWays = [() => true, () => false] as const;
const offsets = [{ topic: "orders", partition: 0, offset: 0 }];

test("requests given up before their coordinator is found are answered later, to nobody", async () => {
  using cluster = createCluster();
  cluster.createTopic("orders", { partitions: 1 });
  await using admin = createAdmin({ ...options, brokers: cluster.brokers });
  const asked = (groupId: string) => [
    admin.groupOffsets(groupId, offsets),
    admin.alterGroupOffsets(groupId, offsets),
  ];
  await Promise.all(asked("warm"));
  cluster.pushRequestErrors(FindCoordinator, Array(40).fill(coordinatorNotAvailable));
  for (const outcome of await Promise.allSettled(["a", "b", "c", "d"].flatMap(asked))) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { name: "_TIMED_OUT" } });
  }
  const deadline = performance.now() + 20_000;
  let found = false;
  while (!found && performance.now() < deadline) {
    found = (await Promise.all(asked("e").map((answer) => answer.then(...bothWays)))).every(Boolean);
  }
  expect(found).toBe(true);
  // Long enough for the late answers: each of them crashed the process when librdkafka had given its request up.
  await Bun.sleep(3_000);
  await Promise.all(["a", "b", "c", "d"].flatMap(asked));
}, 40_000);

test("what the brokers do not support is refused, and the client lives on and is closed", async () => {
  using cluster = createCluster();
  cluster.createTopic("orders", { partitions: 1 });
  for (let round = 0; round < 20; round++) {
    await using admin = createAdmin({ ...options, brokers: cluster.brokers });
    const refused = await Promise.allSettled([
      admin.describeGroups(["a"]),
      admin.deleteGroups(["a", "b"]),
      admin.deleteGroupOffsets("a", offsets),
    ]);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "_UNSUPPORTED_FEATURE" } });
    }
  }
}, 30_000);

test("a client with such requests open is closed, and takes no more of them than a hundred", async () => {
  const before = liveHandles();
  {
    using cluster = createCluster();
    const admin = createAdmin({ ...options, brokers: cluster.brokers });
    await admin.describeCluster();
    cluster.pushRequestErrors(FindCoordinator, Array(1_000).fill(coordinatorNotAvailable));
    const asked = Array.from({ length: 110 }, (_, i) => admin.alterGroupOffsets(`group-${i}`, offsets));
    for (const outcome of await Promise.allSettled(asked)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "_TIMED_OUT" } });
    }
    const refused = await admin.alterGroupOffsets("one more", offsets).catch((error: Error) => error);
    expect(refused).toMatchObject({
      name: "_TIMED_OUT",
      message: expect.stringContaining("requests before it were not answered yet"),
    });
    await admin.close();
  }
  expect(liveHandles()).toEqual(before);
}, 30_000);
