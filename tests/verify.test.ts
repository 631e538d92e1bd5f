/** `bun run orders verify` as its users run it: a process a call, on topics that were written by hand with and without faults. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "@campus/broker";
import {
  createMissingTopics,
  deadLetterRecord,
  deadLetterTopic,
  encodeEvent,
  INVENTORY_EVENTS,
  ORDER_EVENTS,
} from "@campus/events";
import {
  createAdmin,
  createProducer,
  createTransactionalProducer,
  type KafkaError,
  type ProducerRecord,
} from "@campus/kafka";
import { spawnOrders } from "./support/orders-command.ts";
import { onEachOwnCluster, onOwnCluster } from "./support/own-clusters.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(60_000);

const GROUP = "inventory-group";
const quiet = { onLog: () => undefined, onError: () => undefined };

async function verify(brokers: string, ...args: string[]) {
  return await begin(brokers, ...args).end;
}

/** Begins a verification; `said` is what it has said so far to whoever waits for it. */
function begin(brokers: string, ...args: string[]) {
  const child = spawnOrders(["verify", "--brokers", brokers, ...args]);
  let said = "";
  const listening = (async () => {
    for await (const bytes of child.stderr) said += Buffer.from(bytes).toString();
  })();
  const end = Promise.all([child.stdout.text(), child.exited, listening]).then(([stdout, exitCode]) => {
    return { stdout, stderr: said, exitCode };
  });
  return { end, said: () => said };
}

async function report(brokers: string, ...args: string[]) {
  const { stdout, stderr, exitCode } = await verify(brokers, "--json", ...args);
  if (stdout === "") throw new Error(stderr);
  return { exitCode, ...JSON.parse(stdout) };
}

function isNoCoordinator(error: KafkaError): false {
  if (!error.name.includes("COORDINATOR")) throw error;
  return false;
}

const idOf = (index: number) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
const timestamp = "2026-01-01T12:00:00.000Z";
const partitionOf = (index: number) => index % 3;

function order(index: number): ProducerRecord {
  const order_id = idOf(index);
  const payload = { user_id: "user123", item: "Burger", quantity: 2 };
  const event = {
    event_id: idOf(index + 1e6),
    event_type: "OrderPlaced",
    order_id,
    timestamp,
    payload,
  } as const;
  return { key: order_id, value: encodeEvent(event), partition: partitionOf(index) };
}

function decision(index: number): ProducerRecord {
  const order_id = idOf(index);
  const event = {
    event_id: idOf(index + 2e6),
    event_type: "InventoryReserved",
    order_id,
    timestamp,
    success: true,
  } as const;
  return { key: order_id, value: encodeEvent(event), partition: partitionOf(index) };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

async function send(brokers: string, topic: string, records: readonly ProducerRecord[]): Promise<void> {
  await using producer = createProducer({ brokers, ...quiet });
  await producer.sendBatch(topic, records);
}

async function createTopics(brokers: string): Promise<void> {
  await using admin = createAdmin({ brokers, ...quiet });
  await createMissingTopics(admin, { replication: 1 });
}

onEachOwnCluster("verify", (cluster, kind) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "campus-verify-"));
    await createTopics(cluster().brokers);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("a clean log, its dead letter and its totals: a table, exit code 0", async () => {
    const { brokers } = cluster();
    const poison = { value: "no event", partition: 1 };
    await send(brokers, ORDER_EVENTS, [...upTo(30).map(order), order(4), poison]);
    await send(brokers, INVENTORY_EVENTS, upTo(30).map(decision));
    const record = { ...poison, topic: ORDER_EVENTS, offset: 11, timestamp: -1, key: null, headers: [] };
    const letter = deadLetterRecord({
      record: { ...record, value: Buffer.from(poison.value) },
      group: GROUP,
      error: new Error("no event"),
      firstSeenMs: 0,
      attempts: 1,
    });
    await send(brokers, deadLetterTopic(ORDER_EVENTS), [letter]);
    const file = join(folder, "metrics.json");
    await Bun.write(file, JSON.stringify({ total_orders: 31, reserved_orders: 30, failed_orders: 0 }));

    const { exitCode, stdout, stderr } = await verify(brokers, "--metrics", file);
    expect(stderr).toMatch(/^clean: 30 orders, 30 decisions /);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^orders written again by retries +1 +-$/m);
    expect(stdout).toMatch(/^missing decisions +0 +ok$/m);
    expect(stdout).toMatch(/^dead letters +1 +-$/m);
    expect(stdout).toMatch(/^metrics file \S+ +31 +ok$/m);
  });

  test("what is wrong is counted and named: exit code 1", async () => {
    const { brokers } = cluster();
    await send(brokers, ORDER_EVENTS, [30, 33, 36, 39].map(order));
    // 33 twice, 30 after it, 36 never, 39 not yet; 99 was never ordered.
    await send(brokers, INVENTORY_EVENTS, [33, 30, 33, 99].map(decision));
    const live = await report(brokers, "--no-metrics");
    expect(live).toMatchObject({ exitCode: 1, ok: false, settled: null });
    expect(live).toMatchObject({ missing: 0, pending: 2, duplicated: 1, outOfOrder: 1, withoutOrder: 1 });
    expect(live.examples).toContain(`duplicated: ${idOf(33)}, again in partition 0 at offset 12`);
    const waited = await report(brokers, "--no-metrics", "--wait", "4s");
    expect(waited).toMatchObject({ settled: true, missing: 2, pending: 0 });

    // It waits ten seconds for the file to agree, whatever Kafka is behind it.
    if (kind === "apache") return;
    const file = join(folder, "metrics.json");
    await Bun.write(file, JSON.stringify({ total_orders: 36, reserved_orders: 34, failed_orders: 0 }));
    const { exitCode, stdout } = await verify(brokers, "--metrics", file);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/WRONG: orders 36, the log has 35$/m);
  });

  test("one order's time line: placed, decided twice, and that this is wrong; none of an order nobody placed", async () => {
    const orders = (...args: string[]) => {
      const child = spawnOrders(["order", ...args, "--brokers", cluster().brokers]);
      return Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    };
    const [[json], [, said, exitCode], [nothing, why, missing]] = await Promise.all([
      orders(idOf(33), "--json"),
      orders(idOf(33)),
      orders(idOf(12345)),
    ]);
    const { decisions, events } = JSON.parse(json);
    expect(decisions).toBe(2);
    expect(events.map(({ event }: { event: string }) => event).sort()).toEqual([
      ...["InventoryReserved", "InventoryReserved", "OrderPlaced"],
    ]);
    expect(events.find(({ event }: { event: string }) => event === "OrderPlaced").what).toBe(
      "2 × Burger for user123",
    );
    expect([said, exitCode]).toEqual([expect.stringContaining("Decided 2 times"), 0]);
    expect([nothing, missing]).toEqual(["", 1]);
    expect(why).toStartWith(`There is no trace of the order "${idOf(12345)}"`);
  });
});

onOwnCluster("apache", "verify, transactions", (cluster) => {
  beforeAll(() => createTopics(cluster().brokers), 60_000);

  test("aborted decisions are not seen, markers don't hold it up, an open transaction is said", async () => {
    const { brokers } = cluster();
    await send(brokers, ORDER_EVENTS, upTo(9).map(order));
    await using admin = createAdmin({ brokers, ...quiet });
    const commit = async (offset: number) => {
      const offsets = upTo(3).map((partition) => ({ topic: ORDER_EVENTS, partition, offset }));
      // A cluster that has just started has no coordinator yet.
      const isCommitted = () => admin.alterGroupOffsets(GROUP, offsets).then(() => true, isNoCoordinator);
      await until("the group's coordinator is there", isCommitted);
    };
    await commit(3);
    await using producer = createTransactionalProducer({ brokers, transactionalId: "by-hand", ...quiet });
    const size = async () => {
      const at = upTo(3).map((partition) => ({ topic: INVENTORY_EVENTS, partition, at: "latest" as const }));
      return (await admin.listOffsets(at)).reduce((sum, { offset }) => sum + offset, 0);
    };
    const transaction = async (records: readonly ProducerRecord[]) => {
      // The markers of the transaction before come after its end.
      let before = -1;
      const isQuiet = async () => {
        const [last, now] = [before, await size()];
        before = now;
        return last === now;
      };
      await until("nothing more is written", isQuiet, { everyMs: 200 });
      const open = await producer.begin();
      // By their keys: librdkafka's transactions stumble over a partition chosen by hand in a topic they do not know yet.
      open.sendBatch(
        INVENTORY_EVENTS,
        records.map(({ key, value }) => ({ key: key!, value })),
      );
      // An abort takes back what has not been sent.
      await until("they are in the log", async () => (await size()) === before + records.length);
      return open;
    };
    await (await transaction(upTo(6).map(decision))).commit();
    await (await transaction(upTo(9).map(decision))).abort();
    await (await transaction([6, 7, 8].map(decision))).commit();
    await (await transaction([0, 1, 2].map(decision))).abort();
    const clean = await report(brokers, "--no-metrics");
    expect(clean).toMatchObject({ exitCode: 0, decisions: 9, duplicated: 0, unread: [], abortedSeen: 0 });
    // The aborted ones, and the markers of four transactions in one to three partitions each.
    expect(clean.invisible).toBeWithin(12 + 4, 12 + 12 + 1);

    // Their transaction, it turns out, has not taken the offsets along.
    await commit(2);
    expect(await report(brokers, "--no-metrics")).toMatchObject({ exitCode: 1, abortedSeen: 3 });
    await commit(3);

    const open = await transaction([0].map(decision));
    // It is waited for: whoever reads the log meanwhile would be told half of it.
    const waiting = begin(brokers, "--no-metrics");
    await until("it says that it waits", () => waiting.said().startsWith("waiting for "), {
      deadlineMs: 30_000,
    });
    await open.abort();
    const { exitCode, stderr } = await waiting.end;
    expect(stderr).toMatch(/^waiting for inventory-events\/\d…\nclean: /);
    expect(exitCode).toBe(0);
  });
});

test("no broker: one line, exit code 3; bad usage: 2; another file than there is: 1", async () => {
  const nobody = `127.0.0.1:${freePorts(1)[0]}`;
  const [unreachable, unit, both, missing] = await Promise.all([
    verify(nobody, "--no-metrics"),
    verify(nobody, "--wait", "30"),
    verify(nobody, "--no-metrics", "--metrics", "x"),
    verify(nobody, "--metrics", "not/there.json"),
  ]);
  expect(unreachable).toMatchObject({ exitCode: 3, stdout: "" });
  expect(unreachable.stderr).toMatch(/^Kafka at \S+ does not answer: .+\n$/);
  expect([unit.exitCode, both.exitCode, missing.exitCode]).toEqual([2, 2, 1]);
  expect(unit.stderr).toStartWith('--wait is "30": it takes a duration with its unit');
});
