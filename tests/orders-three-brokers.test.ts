/** `orders` on three real Kafka nodes, beside Kafka's own tools: the same leaders, offsets, lag and members; with a node down; with all of them down. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  type ApacheCluster,
  describeGroup,
  kafkaConsumerGroups,
  kafkaTopics,
  startApache,
} from "@campus/broker";
import { type Admin, type Consumer, createAdmin, createConsumer, createProducer } from "@campus/kafka";
import { describeOnApache } from "./support/apache.ts";
import { runOrders } from "./support/orders-command.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(90_000);

const TOPIC = "spread";
const EMPTY_TOPIC = "empty";
const GROUP = "readers";
const PARTITIONS = 6;
const quiet = { onLog: () => undefined, onError: () => undefined };

/** Leaders, replicas and copies in sync, a partition each, as ids of brokers in a fixed order. */
interface Placement {
  readonly partition: number;
  readonly leader: number | null;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

const sorted = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);

describeOnApache("orders on three brokers", () => {
  let cluster: ApacheCluster;
  let admin: Admin;
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    cluster = await startApache({ nodes: 3, heapMiB: 384 });
    admin = createAdmin({ brokers: cluster.brokers, ...quiet });
    await admin.createTopics([
      { topic: TOPIC, partitions: PARTITIONS, replicationFactor: 3 },
      { topic: EMPTY_TOPIC, partitions: 3, replicationFactor: 3 },
    ]);
    await fill(10);
    for (const clientId of ["one", "other"]) {
      const consumer = createConsumer({
        ...{ brokers: cluster.brokers, groupId: GROUP, clientId, topics: [TOPIC], ...quiet },
        autoOffsetReset: "earliest",
        sessionTimeoutMs: 10_000,
      });
      void consumer.run(async (batch) => {
        // What comes later stays: a lag to compare.
        if (batch.firstOffset < 10) await batch.commit();
      });
      consumers.push(consumer);
    }
    await until(
      "both have their share and have committed it",
      async () =>
        consumers.every((consumer) => consumer.assignment().length === PARTITIONS / 2) &&
        (await admin.groupOffsets(GROUP)).length === PARTITIONS,
      { deadlineMs: 40_000 },
    );
    await fill(3);
  }, 180_000);
  afterAll(async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await admin?.close();
    await cluster?.stop();
  }, 60_000);

  async function fill(each: number): Promise<void> {
    await using producer = createProducer({ brokers: cluster.brokers, ...quiet });
    const records = Array.from({ length: PARTITIONS * each }, (_, i) => ({
      partition: i % PARTITIONS,
      value: "x",
    }));
    await producer.sendBatch(TOPIC, records);
  }

  const run = (...words: string[]) => runOrders([...words, "--brokers", cluster.brokers]);
  async function json(...words: string[]) {
    const { stdout, stderr } = await run(...words, "--json");
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  }

  async function ourPlacement(): Promise<Placement[]> {
    const { partitions } = await json("topics", "describe", TOPIC);
    const ids = (brokers: readonly { id: number }[]) => sorted(brokers.map(({ id }) => id));
    // biome-ignore lint/suspicious/noExplicitAny: a document of the command
    return partitions.map(({ partition, leader, replicas, inSyncReplicas }: any) => {
      return { partition, leader: leader?.id ?? null, replicas: ids(replicas), inSync: ids(inSyncReplicas) };
    });
  }

  async function theirPlacement(): Promise<Placement[]> {
    const { stdout } = await kafkaTopics(cluster.brokers, ["--describe", "--topic", TOPIC]);
    const ids = (list: string) => sorted(list.split(",").map(Number));
    const rows = stdout.matchAll(/Partition: (\d+)\s+Leader: (\S+)\s+Replicas: (\S+)\s+Isr: (\S+)/g);
    return [...rows].map(([, partition, leader, replicas, inSync]) => ({
      partition: Number(partition),
      leader: leader === "none" ? null : Number(leader),
      ...{ replicas: ids(replicas!), inSync: ids(inSync!) },
    }));
  }

  async function expectSameLag(): Promise<void> {
    const [ours, theirs] = await Promise.all([json("lag", GROUP), describeGroup(cluster.brokers, GROUP)]);
    const rows = theirs.map(
      ({ partition, currentOffset, logEndOffset, lag, consumerId, host, clientId }) => ({
        ...{ partition, committed: currentOffset, end: logEndOffset, lag },
        ...{ memberId: consumerId, host, clientId },
      }),
    );
    expect(ours.groups[0].partitions).toMatchObject(rows);
    expect(new Set(rows.map(({ clientId }) => clientId))).toEqual(new Set(["one", "other"]));
    expect(ours.lag).toBe(PARTITIONS * 3);
  }

  test("leaders, copies, offsets, lag and members are those of Kafka's tools", async () => {
    const [ours, theirs] = await Promise.all([ourPlacement(), theirPlacement()]);
    expect(ours).toEqual(theirs);
    expect(new Set(ours.map(({ leader }) => leader)).size).toBe(3);
    await expectSameLag();
    expect(await json("groups", "describe", GROUP)).toMatchObject({ state: "Stable" });
  });

  test("an empty topic, and a group that has committed nothing", async () => {
    const { partitions, traffic } = await json("topics", "describe", EMPTY_TOPIC);
    expect(partitions).toMatchObject(Array(3).fill({ first: 0, end: 0, share: null, recordsPerSecond: 0 }));
    expect(traffic).toMatchObject({ sampled: 0, bytes: null });
    const missing = await run("lag", "nobody");
    expect([missing.exitCode, missing.stderr.trimEnd().split("\n").length]).toEqual([1, 1]);
  });

  test("a node that is down: the rest is still said, and what is missing", async () => {
    const [down] = cluster.nodes;
    await down!.kill("SIGKILL");
    // Until Kafka has given it up nobody answers for its partitions; that is said in one line.
    await until(
      "its partitions have new leaders",
      async () => {
        const placement = await ourPlacement().catch((error: Error) => {
          expect(error.message.trimEnd().split("\n")).toHaveLength(1);
          return [];
        });
        return (
          placement.length > 0 && placement.every(({ leader }) => leader !== null && leader !== down!.id)
        );
      },
      { deadlineMs: 60_000 },
    );
    await until("the copies in sync are without it", async () =>
      (await ourPlacement()).every(({ inSync }) => !inSync.includes(down!.id)),
    );
    expect(await ourPlacement()).toEqual(await theirPlacement());
    await until("the group has a coordinator again", async () => (await run("lag", GROUP)).exitCode === 0, {
      deadlineMs: 60_000,
    });
    await until(
      "its members are back, none of them twice (who joins anew is, until its old session ends)",
      async () => {
        const { state, members } = await json("groups", "describe", GROUP);
        return state === "Stable" && members.length === 2;
      },
      { deadlineMs: 60_000 },
    );
    // A member may still come anew between the two looks.
    await until(
      "both say the same",
      () =>
        expectSameLag().then(
          () => true,
          () => false,
        ),
      {
        deadlineMs: 60_000,
      },
    );
    const doctor = await run("doctor");
    expect(doctor.stdout).toMatch(/ 2: \d at /);
  });

  test("a reset comes to what Kafka's tool comes to, once its members have left", async () => {
    const refused = await run("offsets", "reset", GROUP, "--to", "earliest", "--execute");
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining("other")]);
    await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
    await until(
      "they have left: Kafka's tool plans nothing while anybody is in the group",
      async () => (await json("groups", "describe", GROUP)).state === "Empty",
    );
    const plan = ["--reset-offsets", "--topic", TOPIC, "--shift-by", "-4", "--dry-run"];
    const [ours, theirs] = await Promise.all([
      json("offsets", "reset", GROUP, "--to=-4"),
      kafkaConsumerGroups(cluster.brokers, ["--group", GROUP, ...plan]),
    ]);
    expect(theirs.stdout).not.toContain("Error:");
    const planned = ours.partitions.map(({ partition, new: offset }: Record<string, number>) => [
      partition,
      offset,
    ]);
    const rows = [...theirs.stdout.matchAll(/^\S+\s+\S+\s+(\d+)\s+(\d+)/gm)].map(([, p, o]) => [
      Number(p),
      Number(o),
    ]);
    expect(planned).toEqual(rows.sort(([a], [b]) => a! - b!));
  });

  test("all of them down: one line, exit code 3, within seconds", async () => {
    await Promise.all(cluster.nodes.slice(1).map((node) => node.kill("SIGKILL")));
    const ended = await Promise.all([
      run("lag", GROUP),
      run("topics", "describe", TOPIC),
      run("groups", "ls"),
    ]);
    for (const { exitCode, stdout, stderr, elapsedMs } of ended) {
      expect([exitCode, stdout]).toEqual([3, ""]);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(elapsedMs).toBeLessThan(12_000);
    }
  });
});
