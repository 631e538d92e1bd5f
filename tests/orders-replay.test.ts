/** `orders replay`: a range of one topic into another, each record once, however the run ends. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  type ConsumerRecord,
  createAdmin,
  createConsumer,
  createProducer,
  createTransactionalProducer,
} from "@campus/kafka";
import { onCluster, onEachCluster, type TestCluster } from "./support/clusters.ts";
import { type Ended, runOrders, spawnOrders } from "./support/orders-command.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(60_000);

interface Copied {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string>>;
}

const textOf = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

const copyOf = ({ partition, offset, key, value, timestamp, headers }: ConsumerRecord): Copied => ({
  ...{ partition, offset, timestamp, key: textOf(key), value: textOf(value) },
  headers: Object.fromEntries(headers.map(([name, bytes]) => [name, textOf(bytes) ?? ""])),
});

/** All that readers of committed records see of a topic, by partition and offset. */
async function readAll({ brokers }: TestCluster, topic: string, partitions: number): Promise<Copied[]> {
  const records: Copied[] = [];
  const ended = new Set<number>();
  // A commit is answered before its records are visible: read up to the end that the log has, not to what may be seen so far.
  await using admin = createAdmin({ brokers, onLog: () => undefined });
  const ends = await admin.listOffsets(
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: "latest" as const })),
  );
  const endOf = new Map(ends.map(({ partition, offset }) => [partition, offset]));
  const consumer = createConsumer({
    ...{ brokers, groupId: `reader-${crypto.randomUUID()}`, autoOffsetReset: "earliest" as const },
    partitions: Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
    onLog: () => undefined,
    onEnd({ partition, offset }) {
      if (offset >= endOf.get(partition)! && ended.add(partition).size === partitions) void consumer.close();
    },
  });
  for await (const batch of consumer) for (const record of batch) records.push(copyOf(record));
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

interface Setting {
  readonly source: string;
  readonly target: string;
  readonly replay: (...args: string[]) => Promise<Ended>;
  /** What is in the target. */
  readonly copied: () => Promise<Copied[]>;
}

async function createSetting(cluster: TestCluster, targetPartitions = 3): Promise<Setting> {
  const source = await cluster.createTopic({ prefix: "from" });
  const target = await cluster.createTopic({ prefix: "into", partitions: targetPartitions });
  return {
    ...{ source, target },
    replay: (...args) => runOrders(["replay", source, "--to", target, ...args, "--brokers", cluster.brokers]),
    copied: () => readAll(cluster, target, targetPartitions),
  };
}

const quiet = ({ brokers }: TestCluster) => ({ brokers, onLog: () => undefined });
const FIRST_TIMESTAMP = Date.parse("2026-01-01T00:00:00Z");

/** So many records in each of three partitions, a second between one and the next. */
async function fill(cluster: TestCluster, topic: string, count: number): Promise<void> {
  await using producer = createProducer(quiet(cluster));
  await producer.sendBatch(
    topic,
    Array.from({ length: count * 3 }, (_, i) => ({
      ...{ partition: i % 3, key: `key-${i % 5}`, value: `value-${i}` },
      timestamp: FIRST_TIMESTAMP + 1_000 * Math.floor(i / 3),
    })),
  );
}

onEachCluster("orders replay", (cluster) => {
  test("says first what it would send; then sends what was committed, as it was, in order, with where it is from", async () => {
    const { source, target, replay, copied } = await createSetting(cluster());
    const kafka = quiet(cluster());
    await using producer = createTransactionalProducer({ ...kafka, transactionalId: `of-${source}` });
    const kept = await producer.begin();
    kept.sendBatch(source, [
      { partition: 0, key: "a", value: "1", timestamp: FIRST_TIMESTAMP, headers: { own: "yes" } },
      { partition: 0, key: "a", value: null },
      { partition: 2, key: null, value: "3" },
    ]);
    await kept.commit();
    const dropped = await producer.begin();
    dropped.sendBatch(source, [{ partition: 0, key: "a", value: "never" }]);
    await dropped.abort();

    const dry = await replay();
    expect(dry.stderr).toContain("Nothing was changed");
    expect(dry.stderr).toContain(`sends 3 of the`);
    expect(await copied()).toEqual([]);

    const run = await replay("--resume", "one", "--execute", "--json");
    expect(run.stderr).toContain(`into`);
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ run: "one", source, target, executed: true, sent: 3 });
    const there = await copied();
    expect(there.map(({ partition, key, value }) => [partition, key, value])).toEqual([
      [0, "a", "1"],
      [0, "a", null],
      [2, null, "3"],
    ]);
    expect(there[0]).toMatchObject({
      timestamp: FIRST_TIMESTAMP,
      headers: {
        own: "yes",
        "replay.run": "one",
        "replay.source.topic": source,
        "replay.source.partition": "0",
        "replay.source.offset": "0",
      },
    });

    const again = await replay("--resume", "one", "--execute", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ sent: 0 });
    expect(await copied()).toHaveLength(3);
  });

  test("a range by offset or time, by key, text and partition, so many at most and then the rest", async () => {
    const { source, replay } = await createSetting(cluster());
    await fill(cluster(), source, 20);
    const sent = async (...args: string[]) => JSON.parse((await replay(...args, "--json")).stdout).sent;
    const at = (second: number) => new Date(FIRST_TIMESTAMP + 1_000 * second).toISOString();
    const found = await Promise.all([
      sent("--from", "5", "--until", "8"),
      sent("--from", "end-2"),
      sent("--since", at(4), "--until", at(10)),
      sent("--key", "key-1"),
      sent("--grep", "value-59"),
      sent("--partition", "1", "--partition", "2"),
      sent("--max", "7"),
      sent("--from", "30"),
    ]);
    // The embedded cluster finds no offset by its time.
    const byTime = cluster().kind === "apache" ? 18 : 0;
    expect(found).toEqual([9, 6, byTime, 12, 1, 40, 7, 0]);
  });

  test("--max ends a run, and the next one of its name goes on behind it; a key decides where partitions differ", async () => {
    const { source, replay, copied } = await createSetting(cluster(), 2);
    await fill(cluster(), source, 30);
    const go = () => replay("--resume", "steps", "--max", "40", "--execute", "--json");
    const steps = [await go(), await go(), await go()];
    expect(steps.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(steps.map(({ stdout }) => JSON.parse(stdout).sent)).toEqual([40, 40, 10]);
    const there = await copied();
    expect(new Set(there.map(({ value }) => value)).size).toBe(90);
    expect(there).toHaveLength(90);
    const partitionsOfKeys = new Set(there.map(({ key, partition }) => `${key} ${partition}`));
    expect(partitionsOfKeys.size).toBe(5);
  });

  test("killed in the middle, twice, and gone on with: nothing is missing; no faster than --rate", async () => {
    const { source, target, replay, copied } = await createSetting(cluster());
    await fill(cluster(), source, 4_000);
    const command = ["replay", source, "--to", target, "--resume", "killed", "--execute"];
    for (const least of [2_000, 5_000]) {
      const running = spawnOrders([...command, "--rate", "2500", "--brokers", cluster().brokers]);
      let there = 0;
      await until(
        `${least} records are there`,
        async () => {
          there = (await copied()).length;
          return there >= least || running.exitCode !== null;
        },
        { everyMs: 50, deadlineMs: 40_000 },
      ).catch(async (error) => {
        running.kill("SIGKILL");
        throw new Error(`${error.message}, but ${there}; it said: ${await running.stderr.text()}`);
      });
      expect(running.exitCode).toBeNull();
      running.kill("SIGKILL");
      await running.exited;
    }
    const before = (await copied()).length;
    expect(before).toBeLessThan(12_000);
    const startedAt = performance.now();
    const rest = await replay("--resume", "killed", "--rate", "2500", "--execute", "--json");
    expect(rest.exitCode).toBe(0);
    expect(JSON.parse(rest.stdout).sent).toBeLessThanOrEqual(14_000 - before);
    // The first slice of a thousand goes at once.
    expect(performance.now() - startedAt).toBeGreaterThan((1_000 * (12_000 - before - 2_000)) / 2_500);
    const there = await copied();
    for (const partition of [0, 1, 2]) {
      const offsets = there
        .filter((of) => of.partition === partition)
        .map((of) => of.headers["replay.source.offset"]);
      const once = cluster().kind === "apache" ? offsets : [...new Set(offsets)];
      expect(once).toEqual(Array.from({ length: 4_000 }, (_, i) => String(i)));
    }
    // The embedded cluster forgets the offsets of transactions: each kill may cost a slice that comes twice.
    expect(there.length).toBeLessThanOrEqual(cluster().kind === "apache" ? 12_000 : 14_000);
  });

  test("Ctrl-C ends it between two slices, with how to go on", async () => {
    const { source, target, replay, copied } = await createSetting(cluster());
    await fill(cluster(), source, 1_000);
    const running = spawnOrders([
      ...["replay", source, "--to", target, "--rate", "500", "--execute"],
      ...["--brokers", cluster().brokers],
    ]);
    await until("it is at it", async () => (await copied()).length > 0, { everyMs: 50, deadlineMs: 40_000 });
    running.kill("SIGINT");
    const said = await running.stderr.text();
    expect(await running.exited).toBe(1);
    const [, name] = /It ended before the range did: --resume (\S+) goes on\./.exec(said) ?? [];
    expect(name).toStartWith(source);
    expect((await replay("--resume", name!, "--execute")).exitCode).toBe(0);
    expect(await copied()).toHaveLength(3_000);
  });

  test("a topic that is not there, or the topic itself, is refused before anything is sent", async () => {
    const { source, target, replay } = await createSetting(cluster());
    const { brokers } = cluster();
    const ended = await Promise.all([
      runOrders(["replay", source, "--to", source, "--brokers", brokers]),
      runOrders(["replay", source, "--to", `${target}-not`, "--execute", "--brokers", brokers]),
      runOrders(["replay", source, "--brokers", brokers]),
      replay("--resume", "a b"),
      replay("--until", "yesterday"),
      replay("--partition", "7"),
      replay("--rate", "0"),
    ]);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([2, 1, 2, 2, 2, 2, 2]);
    expect(ended[0]!.stderr).toContain("a replay goes into another topic");
    expect(ended[1]!.stderr).toContain(`${target}-not`);
    for (const { stdout } of ended) expect(stdout).toBe("");
  });
});

// The embedded cluster fences nobody, and deletes nothing.
onCluster("apache", "orders replay", (cluster) => {
  test("a second run of the same name takes over, and the first one ends and says so", async () => {
    const { source, target, replay, copied } = await createSetting(cluster());
    await fill(cluster(), source, 2_000);
    const command = ["replay", source, "--to", target, "--resume", "two", "--rate", "1000", "--execute"];
    const first = spawnOrders([...command, "--brokers", cluster().brokers]);
    const saying = first.stderr.text();
    await until("the first is at it", async () => (await copied()).length > 0 || first.exitCode !== null, {
      everyMs: 50,
      deadlineMs: 40_000,
    });
    if (first.exitCode !== null) throw new Error(await saying);
    const second = await replay("--resume", "two", "--execute", "--json");
    expect(second.exitCode).toBe(0);
    expect(await saying).toContain("Another replay has taken over the run two");
    expect(await first.exited).toBe(1);
    const values = (await copied()).map(({ value }) => value);
    expect(values).toHaveLength(6_000);
    expect(new Set(values).size).toBe(6_000);
  });

  test("records that were deleted before it came to them are no silent gap, between two runs", async () => {
    const { source, replay, copied } = await createSetting(cluster());
    await fill(cluster(), source, 100);
    const run = ["--resume", "gap", "--execute"];
    expect((await replay(...run, "--partition", "0", "--max", "10")).exitCode).toBe(0);
    await using admin = createAdmin(quiet(cluster()));
    await admin.deleteRecords([{ topic: source, partition: 0, offset: 30 }]);
    const refused = await replay(...run);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`Offsets 10 to 29 of ${source}/0 were deleted before the run gap came`);
    expect(refused.stderr).toContain("--resume gap --from earliest goes on without them");
    expect(await copied()).toHaveLength(10);
    expect((await replay(...run, "--from", "earliest")).exitCode).toBe(0);
    expect(await copied()).toHaveLength(10 + 70 + 200);
  });

  test("nor in the middle of one", async () => {
    const { source, target, copied } = await createSetting(cluster());
    await using producer = createProducer({ ...quiet(cluster()), compression: "none" });
    // More than lies ready, in hand and fetched ahead: that is gone through whatever is deleted meanwhile.
    const value = Buffer.alloc(200_000);
    await producer.sendBatch(source, Array(300).fill({ partition: 0, value }));
    const running = spawnOrders([
      ...["replay", source, "--to", target, "--resume", "cut", "--rate", "60", "--execute"],
      ...["--brokers", cluster().brokers],
    ]);
    const saying = running.stderr.text();
    await until("it is at it", async () => (await copied()).length > 0 || running.exitCode !== null, {
      everyMs: 50,
      deadlineMs: 40_000,
    });
    await using admin = createAdmin(quiet(cluster()));
    await admin.deleteRecords([{ topic: source, partition: 0, offset: 299 }]);
    expect(await running.exited).toBe(1);
    expect(await saying).toContain("the next records were deleted before it came to them");
    const run = ["replay", source, "--to", target, "--resume", "cut", "--from", "earliest", "--execute"];
    expect((await runOrders([...run, "--brokers", cluster().brokers])).exitCode).toBe(0);
    const offsets = (await copied()).map(({ headers }) => Number(headers["replay.source.offset"]));
    expect(offsets.length).toBeLessThan(300);
    expect(offsets).toEqual([...offsets.slice(0, -1).keys(), 299]);
  });
});
