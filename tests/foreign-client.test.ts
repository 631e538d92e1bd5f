/**
 * Other clients read what this system writes, and it reads what they write: Kafka's own console tools (Java), and kcat where it is
 * installed, which is another librdkafka and can talk to the embedded cluster, too.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { consoleConsumer, consoleProducer, type ToolResult } from "@campus/broker";
import { INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { postJson } from "./support/http.ts";
import { onEachOwnCluster } from "./support/own-clusters.ts";
import { type System, startSystem } from "./support/system.ts";
import { followTopic } from "./support/topic-log.ts";

/** What JSON has to escape, what UTF-8 writes in one to four bytes, and something plain. */
const ORDERS = [
  { user_id: "user123", item: "Burger", quantity: 2 },
  { user_id: 'O"Neil\\', item: "tab\tline\nbell\u0007", quantity: 1 },
  { user_id: "Zoë Ωmega 学生 🦊", item: "crème brûlée\u2028\u00a0 {}[]:,", quantity: 1000 },
];

const kcat = Bun.which("kcat") ?? Bun.which("kafkacat");

onEachOwnCluster("foreign clients", (cluster, kind) => {
  let system: System;
  /** What must lie in order-events, `key<TAB>value` a record, by its order's id. */
  const expected = new Map<string, string>();

  beforeAll(async () => {
    const own = cluster();
    system = await startSystem({ ...own, environment: { ...own.environment, ANALYTICS_INTERVAL: "200ms" } });
    const answers = await Promise.all(ORDERS.map((order) => postJson(`${system.url}/order`, order)));
    for (const [i, answer] of answers.entries()) {
      expect(answer.status).toBe(202);
      const { order_id, timestamp } = (await answer.json()) as { order_id: string; timestamp: string };
      const event = { event_id: "?", event_type: "OrderPlaced", order_id, timestamp, payload: ORDERS[i] };
      expected.set(order_id, `${order_id}\t${JSON.stringify(event)}`);
    }
  }, 60_000);

  afterAll(() => system?.stop(), 30_000);

  /** Lines of a foreign reader against what was posted. The event's own id, which nobody was told, is taken as it stands. */
  function expectOrders(lines: readonly string[]): void {
    const withoutId = lines.map((line) => line.replace(/(?<=^\S+\t\{"event_id":")[0-9a-f-]{36}(?=")/, "?"));
    expect(withoutId.sort()).toEqual([...expected.values()].sort());
  }

  test.skipIf(kind === "embedded")(
    "the Java console consumer reads orders and decisions, byte by byte",
    async () => {
      const read = (topic: string) =>
        consoleConsumer(cluster().brokers, [
          ...[
            "--topic",
            topic,
            "--from-beginning",
            "--max-messages",
            String(ORDERS.length),
            "--timeout-ms",
            "20000",
          ],
          ...["--formatter-property", "print.key=true", "--formatter-property", "key.separator=\t"],
        ]);
      expectOrders(linesOf(await read(ORDER_EVENTS)));
      const decisions = linesOf(await read(INVENTORY_EVENTS)).map(
        (line) => line.split("\t") as [string, string],
      );
      expect(decisions.map(([key]) => key).sort()).toEqual([...expected.keys()].sort());
      for (const [key, value] of decisions) expectDecision(key, value);
    },
    90_000,
  );

  test.skipIf(kind === "embedded")(
    "what the Java console producer writes is decided beside it, and counted",
    async () => {
      const brokers = cluster().brokers;
      const events = Array.from({ length: 20 }, (_, i) => foreignOrder(`java-${i}`));
      const before = (await system.metrics())?.total_orders ?? 0;
      const { exitCode, stderr } = await consoleProducer(
        brokers,
        [
          "--topic",
          ORDER_EVENTS,
          "--reader-property",
          "parse.key=true",
          "--reader-property",
          "key.separator=\t",
        ],
        { stdin: events.map(({ order_id, line }) => `${order_id}\t${line}\n`).join("") },
      );
      expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
      await expectDecided(events.map(({ order_id }) => order_id));
      await system.until(
        "they are counted",
        async () => (await system.metrics())?.total_orders === before + events.length,
      );
    },
    90_000,
  );

  test.skipIf(kcat === null)(
    "kcat reads orders byte by byte; what it writes is decided beside it",
    async () => {
      const reading = await runKcat(["-C", "-e", "-q", "-t", ORDER_EVENTS, "-f", "%k\\t%s\\n"]);
      const own = reading
        .trim()
        .split("\n")
        .filter((line) => expected.has(line.split("\t")[0]!));
      expectOrders(own);
      const event = foreignOrder("kcat");
      await runKcat(["-P", "-t", ORDER_EVENTS, "-K", "\t"], `${event.order_id}\t${event.line}\n`);
      // Its librdkafka places keys by CRC32 unless told otherwise, so the order may lie elsewhere than its decision.
      await expectDecided([event.order_id], { beside: false });
    },
    60_000,
  );

  /** Each has one decision, in the partition of the same number as its order. */
  async function expectDecided(ids: readonly string[], { beside = true } = {}): Promise<void> {
    await using orders = followTopic(cluster().brokers, ORDER_EVENTS);
    await using decisions = followTopic(cluster().brokers, INVENTORY_EVENTS);
    await orders.catchUp();
    const decisionsOf = (id: string) => decisions.all().filter(({ key }) => key === id);
    await system.until("all of them are decided", () => ids.every((id) => decisionsOf(id).length > 0));
    for (const id of ids) {
      const order = orders.all().find(({ key }) => key === id)!;
      const [decision, ...more] = decisionsOf(id);
      expect(more).toEqual([]);
      expectDecision(id, decision!.text);
      if (beside) expect(decision!.partition).toBe(order.partition);
    }
  }

  async function runKcat(args: readonly string[], input = ""): Promise<string> {
    const child = Bun.spawn([kcat!, "-b", cluster().brokers, ...args], {
      stdin: Buffer.from(input),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    if (exitCode !== 0) throw new Error(`kcat ended with ${exitCode}: ${stderr}`);
    return stdout;
  }
});

/** An order as a program in another language may write it: fields in another order, and one that is not known here. */
function foreignOrder(user: string): { order_id: string; line: string } {
  const order_id = crypto.randomUUID();
  const payload = { quantity: 3, item: "Çay", user_id: user };
  const event_type = "OrderPlaced";
  const identity = { event_id: crypto.randomUUID(), timestamp: new Date().toISOString() };
  return { order_id, line: JSON.stringify({ source: "kiosk", payload, event_type, order_id, ...identity }) };
}

function expectDecision(orderId: string, text: string): void {
  const { event_id, timestamp, success } = JSON.parse(text);
  const event_type = success ? "InventoryReserved" : "InventoryFailed";
  expect(text).toBe(JSON.stringify({ event_id, event_type, order_id: orderId, timestamp, success }));
}

function linesOf({ exitCode, stdout, stderr }: ToolResult): string[] {
  if (exitCode !== 0) throw new Error(`the console consumer ended with ${exitCode}: ${stderr}`);
  return stdout.trimEnd().split("\n");
}
