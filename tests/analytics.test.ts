/**
 * Analytics' promise on real Kafka: its totals are those of the log, and every record that can't be counted lies in its dead-letter topic once, whatever
 * is killed and however many instances there are. Events are written by the test itself.
 */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { setTimeout as pause } from "node:timers/promises";
import { STATE_PARTITION, STATE_TOPIC, stateRecord } from "@campus/analytics";
import { EVENT_TOPICS, INVENTORY_EVENTS } from "@campus/events";
import {
  type Admin,
  createAdmin,
  createConsumer,
  createTransactionalProducer,
  type TopicPartitionOffset,
} from "@campus/kafka";
import {
  type AnalyticsFleet,
  createEvents,
  createFleet,
  deadLetterValues,
  recount,
} from "./support/analytics.ts";
import { untilDrained } from "./support/group.ts";
import { onOwnCluster } from "./support/own-clusters.ts";
import type { ServiceProcess } from "./support/service-process.ts";
import { until } from "./support/until.ts";

const GROUP = "analytics-group";
/** More of both, for a long run: KILLS=30 ROUNDS=20 bun test tests/analytics.test.ts */
const KILLS = Number(process.env.KILLS ?? 5);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
setDefaultTimeout(60_000 + 20_000 * Math.max(KILLS, ROUNDS));
const STATE_PLACE = { topic: STATE_TOPIC, partition: STATE_PARTITION };

onOwnCluster("apache", "analytics", (cluster) => {
  let admin: Admin;
  let fleet: AnalyticsFleet;
  let events: ReturnType<typeof createEvents>;

  beforeAll(async () => {
    const { brokers } = cluster();
    admin = createAdmin({ brokers, onLog: () => undefined });
    fleet = await createFleet(brokers);
    events = createEvents(brokers);
  }, 60_000);

  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await Promise.all([admin?.close(), events?.close()]);
  }, 30_000);

  // Whatever became of a test: the next one has the group for itself.
  afterEach(() => fleet.stop(), 30_000);

  /** Writes all the time, until it is stopped. */
  function startLoad() {
    let isRunning = true;
    const running = (async () => {
      while (isRunning) {
        await events.write(50);
        await pause(40);
      }
    })();
    const stop = () => {
      isRunning = false;
      return running;
    };
    return { stop, [Symbol.asyncDispose]: stop };
  }

  test("kill -9 at random moments, one instance, three, one: totals of the log, each dead letter once", async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    const [first, ...others] = [fleet.create(), fleet.create(), fleet.create()] as const;
    await first.start();
    await using load = startLoad();
    const running: ServiceProcess[] = [first];
    const kills: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      if (kill === 2) {
        await Promise.all(others.map((instance) => instance.start()));
        running.push(...others);
      }
      await pause(200 + random() * 1_500);
      const index = Math.floor(random() * running.length);
      const victim = running[index]!;
      kills.push(`${running.length}:${index}`);
      expect((await victim.kill()).exitCode).toBe(137);
      await victim.start();
    }
    for (const instance of others) {
      const { exitCode, elapsedMs } = await instance.terminate();
      expect([exitCode, elapsedMs < 10_000]).toEqual([0, true]);
    }
    await load.stop();
    await fleet.untilTotals(events.totals());
    expect(await recount(cluster().brokers)).toEqual(events.totals());
    await until("the instance tells the same totals", async () =>
      Bun.deepEquals(await totalsOf(first), events.totals()),
    );

    await events.endDeadLetters();
    const letters = await deadLetterValues(cluster().brokers);
    expect([letters.length, new Set(letters).size]).toEqual([events.poison(), events.poison()]);
    const { orders } = events.totals();
    console.log(`seed ${seed}: kills ${kills.join(" ")}, ${orders} orders, ${letters.length} dead letters`);
    expect((await first.terminate()).exitCode).toBe(0);
  });

  test("offsets set to anywhere: the totals are those of the log from there, and never double", async () => {
    const instance = fleet.create();
    await instance.start();
    await events.write(50);
    await fleet.untilTotals(events.totals());
    await instance.terminate();
    const all = await recount(cluster().brokers);
    const committed = await admin.groupOffsets(GROUP);
    expect(committed).toHaveLength(6);
    const half = committed.map(({ topic, partition, offset }) => {
      return { topic, partition, offset: Math.floor(offset / 2) };
    });
    await admin.alterGroupOffsets(GROUP, half);
    await instance.start();
    await fleet.untilTotals(await recount(cluster().brokers, from(half)));
    await events.write(50);
    await fleet.untilTotals(await recount(cluster().brokers, from(half)));
    await instance.terminate();

    await admin.deleteGroupOffsets(GROUP, half);
    await instance.start();
    const now = await recount(cluster().brokers);
    expect(now.orders).toBeGreaterThan(all.orders);
    await fleet.untilTotals(now);
    await instance.terminate();
    expect(now).toEqual(events.totals());
  });

  test("the instance that writes the file dies: another goes on with it", async () => {
    const [one, other] = [fleet.create(), fleet.create()];
    await one.start();
    await one.said("assigned");
    await other.start();
    await events.write(100);
    await fleet.untilTotals(events.totals());
    const [writer, heir] = holdsWritersPartition(other) ? [other, one] : [one, other];
    await writer.kill();
    await events.write(100);
    await fleet.untilTotals(events.totals());
    expect(holdsWritersPartition(heir)).toBe(true);
    await heir.terminate();
  });

  test("events of transactions leave no lag, although a marker lies behind them", async () => {
    const instance = fleet.create();
    await instance.start();
    const producer = createTransactionalProducer({
      brokers: cluster().brokers,
      transactionalId: "inventory-like",
      onLog: () => undefined,
    });
    const transaction = await producer.begin();
    transaction.sendBatch(INVENTORY_EVENTS, events.next(INVENTORY_EVENTS, 30));
    await transaction.commit();
    await producer.close();
    await fleet.untilTotals(events.totals());
    await untilDrained(admin, GROUP, EVENT_TOPICS, { deadlineMs: 10_000 });
    await instance.terminate();
  });

  test("counts that can't be kept take readiness away, with the reason, until they can", async () => {
    const instance = fleet.create({ environment: { KAFKA_STALL_TIMEOUT: "1s" } });
    await instance.start();
    await fleet.untilTotals(events.totals());
    const limitRecords = (bytes: string | null) =>
      admin.alterConfigs([{ type: "topic", name: STATE_TOPIC, set: { "max.message.bytes": bytes } }]);
    // Too few for counts, enough for the marker that ends a transaction.
    await limitRecords("150");
    await events.write(10);
    await instance.said("not ready: ");
    const reason =
      /-events\/\d has stood at -?\d+ for \d+ s with \d+ to go, the last error: .*MSG_SIZE_TOO_LARGE/;
    await until("it says why", async () => {
      const answer = await fetch(`${instance.managementUrl}/ready`);
      return answer.status === 503 && reason.test(await answer.text());
    });
    await limitRecords(null);
    await instance.said("ready again");
    await fleet.untilTotals(events.totals());
    expect((await instance.terminate()).exitCode).toBe(0);
  });

  const reader = (isolation: "read_committed" | "read_uncommitted") =>
    ({
      brokers: cluster().brokers,
      onLog: () => undefined,
      groupId: "looks-only",
      autoOffsetReset: "earliest",
      isolation,
    }) as const;

  /** A writer of the state topic that is killed in the middle of a transaction: what lies behind is hidden until Kafka has aborted it. */
  async function leaveTransactionOpen(timeoutMs: number): Promise<void> {
    const id = crypto.randomUUID();
    const producer = createTransactionalProducer({
      brokers: cluster().brokers,
      onLog: () => undefined,
      transactionalId: `killed-${id}`,
      transactionTimeoutMs: timeoutMs,
    });
    const transaction = await producer.begin();
    transaction.send(STATE_TOPIC, stateRecord(`left open ${id}`, "never committed"));
    const everything = { ...reader("read_uncommitted"), partitions: [{ ...STATE_PLACE, offset: 0 }] };
    await using log = createConsumer(everything);
    for await (const { key } of log.records()) if (String(key) === `left open ${id}`) break;
    await producer.abandon();
  }

  /** How much of the state topic's log is hidden from readers of committed records. */
  async function hiddenRecords(): Promise<number> {
    const place = { ...STATE_PLACE, at: "latest" } as const;
    await using committed = createConsumer({ ...reader("read_committed"), partitions: [STATE_PLACE] });
    const [[stable], [high]] = await Promise.all([committed.offsets([place]), admin.listOffsets([place])]);
    return high!.offset - stable!.offset;
  }

  /** Counts behind an open transaction, then hands over to `heir` while it still is open. */
  async function handOverBehindTransaction(heir: ServiceProcess): Promise<void> {
    const owner = fleet.create();
    await owner.start();
    await fleet.untilTotals(events.totals());
    await leaveTransactionOpen(5_000);
    await events.write(30);
    await fleet.untilTotals(events.totals());
    await until("its counts are hidden", async () => (await hiddenRecords()) > 3);
    expect((await owner.terminate()).exitCode).toBe(0);
    expect(await hiddenRecords()).toBeGreaterThan(3);
    heir.spawn();
  }

  test("a killed writer's open transaction: a restore waits and is never short", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const heir = fleet.create();
      await handOverBehindTransaction(heir);
      await heir.said("waiting to read all counts");
      await heir.said("assigned ");
      expect(await hiddenRecords()).toBe(0);
      await events.write(10);
      await fleet.untilTotals(events.totals());
      await heir.terminate();
    }
  });

  test("control: a restore to the last stable offset is short, and is caught", async () => {
    const heir = fleet.create({ program: "tests/controls/short-restore.ts" });
    await handOverBehindTransaction(heir);
    await heir.said("The counts of");
    expect((await heir.exited()).exitCode).toBe(1);
    expect(heir.lines.map(({ message }) => message).join("\n")).toContain("while");
  });

  test("a state topic that was deleted is an error that says what to do, and doing it helps", async () => {
    const instance = fleet.create();
    await instance.start();
    await fleet.untilTotals(events.totals());
    await instance.terminate();
    await admin.deleteTopics([STATE_TOPIC]);
    await until("it is gone", async () => !(await admin.listTopics()).includes(STATE_TOPIC));
    instance.spawn();
    const { message } = await instance.said("The counts of");
    expect(message).toContain(`the topic ${STATE_TOPIC} holds none`);
    expect(message).toContain("Reset the group's offsets");
    expect((await instance.exited()).exitCode).toBe(1);
    const committed = await admin.groupOffsets(GROUP);
    await admin.alterGroupOffsets(
      GROUP,
      committed.map(({ topic, partition }) => ({ topic, partition, offset: 0 })),
    );
    await instance.start();
    await fleet.untilTotals(events.totals());
    await instance.terminate();
  });
});

/** Where a partition was set to. */
function from(offsets: readonly TopicPartitionOffset[]) {
  return (topic: string, partition: number) =>
    offsets.find((entry) => entry.topic === topic && entry.partition === partition)!.offset;
}

/** Whether the last line about that partition says that it came. */
function holdsWritersPartition({ lines }: ServiceProcess): boolean {
  const about = lines.findLast(
    ({ message }) => /^(assigned|gave back|lost) /.test(message) && message.includes(`${EVENT_TOPICS[0]}/0`),
  );
  return about?.message.startsWith("assigned") ?? false;
}

/** The totals an instance tells Prometheus. */
async function totalsOf({ managementUrl }: ServiceProcess): Promise<Record<string, number>> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const kinds = [...text.matchAll(/^analytics_totals\{kind="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(kinds.map(([, kind, count]) => [kind, Number(count)]));
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
