/** The system as its users have it: processes, a socket, Kafka. An order's whole way, and what it meets on a bad day. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { deadLetterTopic, INVENTORY_EVENTS, ORDER_EVENTS, readDeadLetterHeaders } from "@campus/events";
import { createAdmin, createProducer } from "@campus/kafka";
import { burger, chunkedAnswer, postJson } from "./support/http.ts";
import { onEachOwnCluster } from "./support/own-clusters.ts";
import { type Metrics, type System, startSystem } from "./support/system.ts";
import { followTopic, type LoggedRecord, type TopicLog } from "./support/topic-log.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Accepted {
  readonly order_id: string;
  readonly timestamp: string;
}

interface AcceptedBatch {
  readonly accepted: number;
  readonly order_ids: readonly string[];
}

onEachOwnCluster("end to end", (cluster, kind) => {
  let system: System;
  let orders: TopicLog;
  let decisions: TopicLog;

  beforeAll(async () => {
    system = await startSystem(cluster());
    orders = followTopic(cluster().brokers, ORDER_EVENTS);
    decisions = followTopic(cluster().brokers, INVENTORY_EVENTS);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([orders?.[Symbol.asyncDispose](), decisions?.[Symbol.asyncDispose](), system?.stop()]);
  }, 30_000);

  test("the topics are there as they should be", async () => {
    await using admin = createAdmin({ brokers: cluster().brokers, onLog: () => undefined });
    for (const { topic, partitions } of await admin.describeTopics([ORDER_EVENTS, INVENTORY_EVENTS])) {
      expect([topic, partitions.map(({ replicas }) => replicas.length)]).toEqual([topic, [1, 1, 1]]);
    }
    if (kind === "embedded") return; // It has no settings of topics.
    const configs = await admin.describeConfigs(
      [ORDER_EVENTS, INVENTORY_EVENTS].map((name) => ({ type: "topic" as const, name })),
    );
    for (const { entries } of configs) {
      expect(entries.find(({ name }) => name === "retention.ms")?.value).toBe(
        String(7 * 24 * 60 * 60 * 1000),
      );
    }
  });

  const post = (path: string, body: unknown) => postJson(system.url + path, body);

  async function placeOrder(order: unknown = burger): Promise<Accepted> {
    const answer = await post("/order", order);
    expect(answer.status).toBe(202);
    return (await answer.json()) as Accepted;
  }

  /** The only record of an order in a topic. */
  async function onlyRecord(log: TopicLog, orderId: string): Promise<LoggedRecord> {
    const own = () => log.all().filter(({ key }) => key === orderId);
    await system.until(`a record of ${orderId}`, () => own().length > 0);
    await log.catchUp();
    expect(own()).toHaveLength(1);
    return own()[0]!;
  }

  test("an order: 202, its event, one decision beside it, the metrics file within 10 s", async () => {
    const order = { user_id: 'Zoë "Z" \\ 🦊', item: "Ramen 拉麺\n\u007f\u2028", quantity: 1000 };
    const before = await totals(system);
    const answer = await post("/order", order);
    const answeredAt = performance.now();
    expect(answer.status).toBe(202);
    const accepted = (await answer.json()) as Accepted;
    expect(accepted).toEqual({
      order_id: expect.stringMatching(UUID),
      status: "accepted",
      message: "Order published to Kafka",
      timestamp: expect.stringMatching(ISO_8601),
    } as never);

    const placed = await onlyRecord(orders, accepted.order_id);
    const { event_id } = JSON.parse(placed.text);
    expect(event_id).toMatch(UUID);
    const { order_id, timestamp } = accepted;
    expect(placed.text).toBe(
      JSON.stringify({ event_id, event_type: "OrderPlaced", order_id, timestamp, payload: order }),
    );

    const decided = await onlyRecord(decisions, order_id);
    const decision = JSON.parse(decided.text);
    expect(decided.text).toBe(
      JSON.stringify({
        event_id: decision.event_id,
        event_type: decision.success ? "InventoryReserved" : "InventoryFailed",
        order_id,
        timestamp: decision.timestamp,
        success: decision.success,
      }),
    );
    expect([decision.event_id, decision.timestamp, typeof decision.success]).toEqual([
      expect.stringMatching(UUID),
      expect.stringMatching(ISO_8601),
      "boolean",
    ]);
    expect(decided.partition).toBe(placed.partition);

    const isCounted = async () => (await totals(system)) === before + 2;
    await system.until("order and decision are in the metrics file", isCounted, { deadlineMs: 11_000 });
    expect(performance.now() - answeredAt).toBeLessThan(10_500);
    expect(Object.keys((await system.metrics())!)).toEqual([
      "timestamp",
      "orders_per_minute",
      "failure_rate_percent",
      "success_rate_percent",
      "total_orders",
      "failed_orders",
      "reserved_orders",
      "throughput_events_per_second",
      "elapsed_seconds",
    ]);
  }, 60_000);

  test("a batch: one id an order, in order, each with its event and its decision", async () => {
    const batch = Array.from({ length: 1000 }, (_, i) => ({ ...burger, user_id: `batch-${i}` }));
    const answer = await post("/orders/batch", { orders: batch });
    expect(answer.status).toBe(202);
    const { accepted, order_ids } = (await answer.json()) as AcceptedBatch;
    expect([accepted, new Set(order_ids).size]).toEqual([1000, 1000]);
    await orders.catchUp();
    const events = new Map(orders.all().map(({ key, text }) => [key, JSON.parse(text)]));
    expect(order_ids.map((id) => events.get(id)?.payload)).toEqual(batch);
    const decided = () => new Set(decisions.all().map(({ key }) => key));
    await system.until("every order of the batch is decided", () =>
      order_ids.every((id) => decided().has(id)),
    );
  }, 30_000);

  test("bad input is refused over the socket, and nothing of it is published", async () => {
    await orders.catchUp();
    const before = orders.all().length;
    const json = { "content-type": "application/json" };
    const send = (path: string, headers: Record<string, string>, body: string) =>
      fetch(system.url + path, { method: "POST", headers, body });
    const large = { ...burger, item: "x".repeat(70_000) };
    const answers = await Promise.all([
      send("/order", json, "{"),
      send("/order", json, ""),
      send("/order", { "content-type": "application/x-www-form-urlencoded" }, "user_id=a&item=b&quantity=1"),
      send("/order", json, JSON.stringify({ ...burger, quantity: "2" })),
      send("/order", json, JSON.stringify({ ...burger, price: 1 })),
      send("/order", json, JSON.stringify(large)),
      send("/orders/batch", json, JSON.stringify({ orders: [burger, { ...burger, quantity: 0 }] })),
      send("/orders/batch", json, JSON.stringify({ orders: Array(1001).fill(burger) })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 415, 422, 422, 413, 422, 422]);
    for (const answer of answers) {
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await answer.json()).toMatchObject({
        type: expect.any(String),
        title: expect.any(String),
        status: answer.status,
        detail: expect.any(String),
      } as never);
    }
    expect(await chunkedAnswer(`${system.url}/order`, 70_000)).toStartWith("HTTP/1.1 413");
    await orders.catchUp();
    expect(orders.all()).toHaveLength(before);
  }, 30_000);

  test("what is no event is set aside by both consumers, and its partition goes on", async () => {
    const { order_id } = await placeOrder();
    const { partition } = await onlyRecord(orders, order_id);
    const poison = Buffer.from('{"event_type":"OrderPlaced","order_id":17}');
    await using producer = createProducer({ brokers: cluster().brokers, onLog: () => undefined });
    const { offset } = await producer.send(ORDER_EVENTS, { key: "poison", value: poison, partition });

    const next = await placeInto(partition);
    await onlyRecord(decisions, next);
    await using letters = followTopic(cluster().brokers, deadLetterTopic(ORDER_EVENTS));
    await system.until("both groups set it aside", () => letters.all().length === 2);
    const origins = letters.all().map(({ headers }) => readDeadLetterHeaders(headers));
    expect(origins.map((origin) => origin?.group).sort()).toEqual(["analytics-group", "inventory-group"]);
    const errorClass = "MalformedEventError";
    for (const origin of origins)
      expect(origin).toMatchObject({ topic: ORDER_EVENTS, partition, offset, errorClass, attempts: 1 });
    for (const { key, value } of letters.all()) expect([key, value]).toEqual(["poison", poison]);
    for (const consumer of [system.inventory, system.analytics])
      await consumer.said(`set aside ${ORDER_EVENTS}/${partition} offset ${offset}`);
  }, 30_000);

  /** Places orders until one has come to lie in a partition. */
  async function placeInto(partition: number): Promise<string> {
    for (;;) {
      const { order_id } = await placeOrder();
      if ((await onlyRecord(orders, order_id)).partition === partition) return order_id;
    }
  }

  test("Kafka silent: 503 or 504 with Retry-After within 5 s, never a 202 that is lost, and it recovers by itself", async () => {
    const accepted: string[] = [];
    /** The answers to an order and a batch, which must come in time whatever they are. */
    async function askBoth(): Promise<Response[]> {
      const from = performance.now();
      const batch = { orders: [burger, burger] };
      const answers = await Promise.all([post("/order", burger), post("/orders/batch", batch)]);
      expect(performance.now() - from).toBeLessThan(5000);
      for (const answer of answers.filter(({ status }) => status === 202)) {
        const { order_id, order_ids = [order_id] } = (await answer.json()) as Accepted & AcceptedBatch;
        accepted.push(...order_ids);
      }
      return answers;
    }

    await cluster().silence();
    // A process that is told to stop may still answer for a moment.
    let refused: Response[] = [];
    await system.until("orders are refused", async () => {
      refused = (await askBoth()).filter(({ status }) => status !== 202);
      return refused.length === 2;
    });
    for (const answer of refused) {
      // What was sent before anybody noticed may be in Kafka: 504. The rest is not: 503.
      expect([503, 504]).toContain(answer.status);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect((await fetch(`${system.url}/health`)).status).toBe(503);

    await cluster().recover();
    const isAccepted = async () => (await askBoth()).every(({ status }) => status === 202);
    await system.until("orders are taken again", isAccepted);
    await expectKept(accepted);
    await system.until("/health says so", async () => (await fetch(`${system.url}/health`)).ok);
  }, 60_000);

  /** Each order has its event, once, and is decided (over an outage perhaps more than once). */
  async function expectKept(ids: readonly string[]): Promise<void> {
    for (const id of ids) await onlyRecord(orders, id);
    const isDecided = (id: string) => decisions.all().some(({ key }) => key === id);
    // A member that was silent for long joins its group anew, which waits for the one it was.
    await system.until("every order is decided", () => ids.every(isDecided), { deadlineMs: 30_000 });
  }

  // The embedded cluster is in memory: with it, its records go.
  test.skipIf(kind === "embedded")(
    "Kafka restarted: what was there still is, and all go on by themselves",
    async () => {
      const { order_id: before } = await placeOrder();
      await cluster().node!.restart();
      let after: Accepted | undefined;
      await system.until("orders are taken again", async () => {
        const answer = await post("/order", burger);
        if (answer.status === 202) after = (await answer.json()) as Accepted;
        return after !== undefined;
      });
      await expectKept([before, after!.order_id]);
      await using anew = followTopic(cluster().brokers, ORDER_EVENTS);
      await anew.catchUp();
      expect(
        anew
          .all()
          .map(({ text }) => text)
          .sort(),
      ).toEqual(
        orders
          .all()
          .map(({ text }) => text)
          .sort(),
      );
    },
    90_000,
  );

  test("everything ends in order within 10 s", async () => {
    const exits = await Promise.all(
      [system.producer, system.inventory, system.analytics].map((service) => service.terminate()),
    );
    for (const { exitCode, elapsedMs } of exits) {
      expect(exitCode).toBe(0);
      expect(elapsedMs).toBeLessThan(10_000);
    }
  }, 30_000);
});

/** Orders and decisions that the metrics file counts. */
async function totals(system: System): Promise<number> {
  const { total_orders, failed_orders, reserved_orders }: Partial<Metrics> = (await system.metrics()) ?? {};
  return (total_orders ?? 0) + (failed_orders ?? 0) + (reserved_orders ?? 0);
}
