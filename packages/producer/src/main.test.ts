/** The producer as a process, on an in-process cluster: what only shows when everything is wired together. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeEvent, INVENTORY_EVENTS, type InventoryEvent, ORDER_EVENTS } from "@campus/events";
import { createConsumer, createProducer, partitionOfKey } from "@campus/kafka";
import { createCluster } from "@campus/kafka/testing";
import { order } from "./testing.ts";
import { everyTopic, post, readOrders, until, useProducers } from "./testing-process.ts";

setDefaultTimeout(60_000);

const { cluster, spawn, start } = useProducers();

describe("on a cluster", () => {
  test.each(["json", "msgpack"])(
    "what was answered 202 is in Kafka, under its id, written in %s",
    async (codec) => {
      const { line } = start({ EVENT_CODEC: codec });
      const { url = "" } = await line("listening");
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const one = (await (await post(url, "/order", order)).json()) as { order_id: string };
      const many = (await (await post(url, "/orders/batch", { orders: Array(1000).fill(order) })).json()) as {
        order_ids: string[];
      };
      const ids = [one.order_id, ...many.order_ids];
      const events = await readOrders(ids, cluster);
      expect(events.map((entry) => entry?.key)).toEqual(ids);
      for (const entry of events)
        expect(entry?.event).toMatchObject({ event_type: "OrderPlaced", payload: order });
    },
  );

  test.each([1, 100, 1000])(
    "the answer to a batch of %i comes with its head, not behind it",
    async (orders) => {
      const { line } = start();
      const { url = "" } = await line("listening");
      const body = JSON.stringify({ orders: Array(orders).fill(order) });
      const head = ["POST /orders/batch HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
      const pieces: string[] = [];
      const client = await Bun.connect({
        ...{ hostname: "127.0.0.1", port: Number(new URL(url).port) },
        socket: { data: (_, bytes) => void pieces.push(String(bytes)) },
      });
      client.write(`${head.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      await until(() => pieces.join("").includes("]}"));
      client.end();
      expect(pieces[0]).toStartWith("HTTP/1.1 202 Accepted\r\n");
      expect(pieces[0]).toContain('"order_ids":["');
    },
  );

  test("of tens of thousands, in JSON of every form, each event is the order that was sent", async () => {
    const { line } = start();
    const { url = "" } = await line("listening");
    const names = ["plain", "José", "寿司 🍣", 'with "quotes"\n', "寿".repeat(100)];
    const orderAt = (n: number) => ({
      user_id: `user ${n}`,
      // The same in all of a batch, mostly: one that takes too many bytes is read the long way as a whole.
      item: `${names[Math.floor(n / 2000) % names.length]} ${n}`,
      quantity: 1 + (n % 1000),
    });
    const placed = new Map<string, number>();
    let next = 0;
    async function place(): Promise<void> {
      while (next < 40_000) {
        const first = next;
        const orders = Array.from({ length: 1 + ((first * 31) % 1000) }, (_, n) => orderAt(first + n));
        next += orders.length;
        const path = orders.length === 1 ? "/order" : "/orders/batch";
        const body = JSON.stringify(orders.length === 1 ? orders[0] : { orders }, null, first % 3);
        const answer = await fetch(url + path, {
          ...{ method: "POST", body, headers: { "content-type": "application/json" } },
        });
        expect(answer.status).toBe(202);
        const { order_id, order_ids = [order_id] } = (await answer.json()) as Record<
          string,
          string & string[]
        >;
        for (const [n, id] of order_ids.entries()) placed.set(id as string, first + n);
      }
    }
    await Promise.all([place(), place(), place(), place()]);
    expect(placed.size).toBe(next);
    const ids = [...placed.keys()];
    for (const [at, entry] of (await readOrders(ids, cluster)).entries()) {
      const id = ids[at] as string;
      expect(entry?.key).toBe(id);
      expect(entry?.event).toMatchObject({ order_id: id, payload: orderAt(placed.get(id) as number) });
    }
  });

  test("orders that come alone and together lie together; all partitions get some", async () => {
    const { line } = start();
    const { url = "" } = await line("listening");
    const spread: number[] = [];
    const hit = new Set<number>();
    for (let burst = 0; burst < 60; burst++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => post(url, "/order", order)));
      const ids = (await Promise.all(answers.map((answer) => answer.json()))) as { order_id: string }[];
      const partitions = new Set(ids.map(({ order_id }) => partitionOfKey(order_id, 3)));
      spread.push(partitions.size);
      for (const partition of partitions) hit.add(partition);
    }
    // Of ten ids by chance it would be 2.95 on average.
    expect(spread.reduce((sum, size) => sum + size, 0) / spread.length).toBeLessThan(2.4);
    expect([...hit].sort()).toEqual([0, 1, 2]);
  });

  test("readiness and metrics stand on the management port", async () => {
    const { line } = start();
    const management = (await line("management at")).message.split(" ").at(-1);
    const { url = "" } = await line("listening");
    await post(url, "/order", order);
    expect((await fetch(`${management}/ready`)).status).toBe(200);
    const metrics = async () => await (await fetch(`${management}/metrics`)).text();
    for (const line of [
      'producer_orders_total{outcome="acknowledged"} 1',
      'http_requests_total{route="/order",status="202"} 1',
      'http_request_duration_seconds_bucket{route="/order",le="+Inf"} 1',
      "kafka_producer_queue_records 0",
    ]) {
      expect(await metrics()).toContain(line);
    }
    // librdkafka tells every few seconds.
    const told = [
      /^kafka_producer_broker_rtt_seconds\{broker="1",quantile="0.99"\} 0\.\d+$/m,
      /^kafka_producer_batch_bytes\{topic="order-events",quantile="0.5"\} [1-9]\d+$/m,
      /^kafka_producer_batch_records\{topic="order-events",quantile="0.5"\} 1$/m,
      /^kafka_producer_broker_errors_total\{broker="1"\} 0$/m,
    ];
    await until(async () => {
      const text = await metrics();
      return told.every((line) => line.test(text));
    });
  });

  test("SIGTERM under load: every order gets an answer, each 202 is in Kafka, exit code 0", async () => {
    const { child, line, lines, reading } = start();
    const { url = "" } = await line("listening");
    const ids: string[] = [];
    const statuses = new Set<number | "not connected">();
    let answers = 0;
    const client = async () => {
      while (child.exitCode === null) {
        const answer = await post(url, "/order", order).catch(() => undefined);
        statuses.add(answer?.status ?? "not connected");
        if (answer === undefined) return;
        if (answer.status === 202) ids.push(((await answer.json()) as { order_id: string }).order_id);
        answers += 1;
        if (answers === 300) child.kill("SIGTERM");
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(await child.exited).toBe(0);
    await reading;
    expect(ids.length).toBeGreaterThanOrEqual(200);
    expect([...statuses].every((status) => [202, 503, "not connected"].includes(status))).toBe(true);
    expect((await readOrders(ids, cluster)).every((entry) => entry !== undefined)).toBe(true);
    expect(lines.filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  });
});

test("ACKNOWLEDGE=enqueued answers before Kafka has the order, and counts what came of it", async () => {
  using own = createCluster({ topics: everyTopic(3) });
  const { line } = start({ KAFKA_BROKER: own.brokers, ACKNOWLEDGE: "enqueued" });
  const management = (await line("management at")).message.split(" ").at(-1);
  const { url = "" } = await line("listening");
  own.brokerDown(1);
  const answer = await post(url, "/order", order);
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ message: "Order enqueued for Kafka" });
  const metrics = async () => await (await fetch(`${management}/metrics`)).text();
  expect(await metrics()).toContain("producer_orders_in_flight 1");
  own.brokerUp(1);
  await until(async () => (await metrics()).includes('producer_orders_total{outcome="acknowledged"} 1'));
});

describe("GET /orders/:id", () => {
  test("placed, then what inventory decided, from the first question on and while waiting", async () => {
    using own = createCluster({ topics: everyTopic(3) });
    const { line } = start({ KAFKA_BROKER: own.brokers });
    const { url = "" } = await line("listening");
    const place = async () =>
      ((await (await post(url, "/order", order)).json()) as { order_id: string }).order_id;
    const state = async (id: string, wait: string) => {
      const answer = await fetch(`${url}/orders/${id}?wait=${wait}`);
      return answer.ok ? ((await answer.json()) as { state: string }).state : answer.status;
    };
    await using inventory = createProducer({ brokers: own.brokers });
    const decide = (order_id: string, success: boolean) =>
      inventory.send(INVENTORY_EVENTS, {
        key: order_id,
        value: encodeEvent({
          event_id: crypto.randomUUID(),
          event_type: success ? "InventoryReserved" : "InventoryFailed",
          order_id,
          timestamp: new Date().toISOString(),
          success,
        } as InventoryEvent),
      });
    const before = await place();
    await decide(before, true);
    expect(await state(before, "5s")).toBe("reserved");
    const now = await place();
    expect(await state(now, "0s")).toBe("placed");
    const waiting = state(now, "5s");
    await inventory.send(INVENTORY_EVENTS, { key: now, value: "no event" });
    await decide(now, false);
    expect(await waiting).toBe("failed");
    expect(await state(crypto.randomUUID(), "0s")).toBe(404);
  });
});

describe("traces", () => {
  test("a client's context stands in the record's headers", async () => {
    using own = createCluster({ topics: everyTopic(1) });
    const { line } = start({ KAFKA_BROKER: own.brokers });
    const { url = "" } = await line("listening");
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await post(url, "/order", order, { traceparent, tracestate: "a=b" });
    await post(url, "/order", order);
    await using consumer = createConsumer({
      brokers: own.brokers,
      groupId: "g",
      topics: [ORDER_EVENTS],
      autoOffsetReset: "earliest",
    });
    const headers: [string, string][][] = [];
    for await (const batch of consumer) {
      for (const record of batch) {
        headers.push(record.headers.map(([name, value]) => [name, String(value)]));
      }
      if (headers.length >= 2) break;
    }
    expect(headers).toEqual([
      [
        ["traceparent", traceparent],
        ["tracestate", "a=b"],
      ],
      [],
    ]);
  });

  test("OTEL_SDK_MODULE is imported at start; one that registers nothing is an error", async () => {
    const folder = await mkdtemp(join(tmpdir(), "producer-sdk-"));
    const file = join(folder, "sdk.ts");
    await Bun.write(file, "export {};");
    const useless = start({ OTEL_SDK_MODULE: file });
    expect(await useless.child.exited).toBe(1);
    await useless.reading;
    expect(useless.lines.find(({ level }) => level === "fatal")?.message).toContain(
      "registered no OpenTelemetry SDK",
    );
    const api = JSON.stringify(Bun.resolveSync("@opentelemetry/api", import.meta.dir));
    await Bun.write(
      file,
      `import { trace, INVALID_SPAN_CONTEXT } from ${api};
       const span = (name) => ({
         spanContext: () => INVALID_SPAN_CONTEXT, setAttribute() {}, setStatus() {},
         end: () => console.log(JSON.stringify({ message: "span " + name })),
       });
       trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: span }) });`,
    );
    const { line } = start({ OTEL_SDK_MODULE: file });
    const { url = "" } = await line("listening");
    expect((await post(url, "/order", order)).status).toBe(202);
    await line("span send order-events");
    await line("span POST /order");
    await rm(folder, { recursive: true });
  });
});

describe("bad settings", () => {
  test.each([
    [{ PORT: "abc" }, 'PORT="abc"'],
    [{ PRODUCER_LINGR: "5ms" }, "PRODUCER_LINGR: there is no such setting; did you mean PRODUCER_LINGER?"],
    [{ KAFKA_BROKER: "nowhere" }, 'KAFKA_BROKER="nowhere"'],
  ])("%p: a line that names the variable, exit code 2", async (environment, words) => {
    const child = spawn(environment as Record<string, string>);
    expect(await child.exited).toBe(2);
    const said = await child.stderr.text();
    expect(said).toContain(words);
    expect(said.trim().split("\n")).toHaveLength(1);
  });

  test("a port that is taken: a line that names the variable, exit code 1", async () => {
    using taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { child, lines, reading } = start({ PORT: String(taken.port) });
    expect(await child.exited).toBe(1);
    await reading;
    expect(lines.find(({ level }) => level === "fatal")?.message).toContain(
      `127.0.0.1:${taken.port} (HOST, PORT)`,
    );
  });
});
