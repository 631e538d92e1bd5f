/** The producer as a process, on an in-process cluster: what only shows when everything is wired together. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decodeEvent,
  encodeEvent,
  INVENTORY_EVENTS,
  type InventoryEvent,
  ORDER_EVENTS,
  TOPICS,
} from "@campus/events";
import { createConsumer, createProducer, partitionOfKey } from "@campus/kafka";
import { createCluster, type MockCluster } from "@campus/kafka/testing";

setDefaultTimeout(60_000);

/** All that a service creates at its start, which the in-process cluster can't be asked for. */
function everyTopic(partitions: number): Record<string, number> {
  return Object.fromEntries(TOPICS.map(({ topic }) => [topic, partitions]));
}

const order = { user_id: "user123", item: "Burger", quantity: 2 };
let cluster: MockCluster;
const processes: ReturnType<typeof spawn>[] = [];

beforeAll(() => {
  cluster = createCluster({ topics: everyTopic(3) });
});

afterEach(async () => {
  for (const child of processes.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
});

afterAll(() => cluster.close());

function spawn(environment: Record<string, string>) {
  return Bun.spawn([process.execPath, `${import.meta.dir}/main.ts`], {
    env: {
      PATH: process.env.PATH ?? "",
      ...(process.env.LIBRDKAFKA_PATH ? { LIBRDKAFKA_PATH: process.env.LIBRDKAFKA_PATH } : {}),
      ...(process.env.HOME ? { HOME: process.env.HOME } : {}),
      KAFKA_BROKER: cluster.brokers,
      LOG_FORMAT: "json",
      PORT: "0",
      MANAGEMENT_PORT: "0",
      ...environment,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
}

interface LogLine {
  message: string;
  level: string;
  url?: string;
}

/** Starts a producer; `line` waits for a log line whose message begins so. */
function start(environment: Record<string, string> = {}) {
  const child = spawn(environment);
  processes.push(child);
  const lines: LogLine[] = [];
  let waiters: (() => void)[] = [];
  const reading = (async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const pieces = (rest + chunk).split("\n");
      rest = pieces.pop() ?? "";
      lines.push(...pieces.map((piece) => JSON.parse(piece)));
      for (const wake of waiters.splice(0)) wake();
    }
    for (const wake of waiters.splice(0)) wake();
    waiters = [];
  })();
  async function line(beginning: string): Promise<LogLine> {
    for (;;) {
      const found = lines.find(({ message }) => message.startsWith(beginning));
      if (found !== undefined) return found;
      if (child.exitCode !== null)
        throw new Error(`It ended (${child.exitCode}) without saying "${beginning}".`);
      await new Promise<void>((resolve) => waiters.push(resolve));
    }
  }
  return { child, lines, line, reading };
}

function post(
  url: string,
  path: string,
  value: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    body: JSON.stringify(value),
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Asks until the answer is yes. */
async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isTrue())) {
    expect(performance.now()).toBeLessThan(deadline);
    await Bun.sleep(10);
  }
}

/** The events of these orders, read from Kafka. */
async function readOrders(ids: readonly string[], { brokers } = cluster) {
  const wanted = new Set(ids);
  const found = new Map<string, { key: string; event: ReturnType<typeof decodeEvent> }>();
  await using consumer = createConsumer({
    brokers,
    groupId: crypto.randomUUID(),
    topics: [ORDER_EVENTS],
    autoOffsetReset: "earliest",
  });
  for await (const batch of consumer) {
    for (const record of batch) {
      const event = decodeEvent(record.value);
      if (wanted.has(event.order_id)) found.set(event.order_id, { key: String(record.key), event });
    }
    if (found.size === wanted.size) break;
  }
  return ids.map((id) => found.get(id));
}

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
      const events = await readOrders(ids);
      expect(events.map((entry) => entry?.key)).toEqual(ids);
      for (const entry of events)
        expect(entry?.event).toMatchObject({ event_type: "OrderPlaced", payload: order });
    },
  );

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
    expect((await readOrders(ids)).every((entry) => entry !== undefined)).toBe(true);
    expect(lines.filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  });
});

describe("with an Idempotency-Key", () => {
  test("ten requests a key over two producers, one of them killed: one order a key, whoever answers", async () => {
    using own = createCluster({ topics: everyTopic(3) });
    const producers = [start({ KAFKA_BROKER: own.brokers }), start({ KAFKA_BROKER: own.brokers })] as const;
    const urls = await Promise.all(producers.map(async ({ line }) => (await line("listening")).url ?? ""));
    const keys = 200;
    let answers = 0;
    /** Asks until it is told: at another producer where one does not answer any more. */
    const place = async (key: number, first: number): Promise<string> => {
      for (let attempt = first; ; attempt++) {
        const headers = { "idempotency-key": `"order ${key}"` };
        const answer = await post(urls[attempt % 2] ?? "", "/order", order, headers).catch(() => undefined);
        if (++answers === keys * 3) producers[1].child.kill("SIGKILL");
        if (answer?.status === 202) return ((await answer.json()) as { order_id: string }).order_id;
      }
    };
    const told = await Promise.all(
      Array.from({ length: keys }, (_, key) =>
        Promise.all(Array.from({ length: 10 }, (_, n) => place(key, n))),
      ),
    );
    const ids = told.map((ids) => new Set(ids));
    expect(ids.map(({ size }) => size)).toEqual(Array(keys).fill(1));
    const distinct = [...new Set(told.flat())];
    expect(distinct).toHaveLength(keys);
    expect((await readOrders(distinct, own)).every((entry) => entry !== undefined)).toBe(true);
  });

  test("a silent Kafka: 504, and the same request later gets 202 for the same order", async () => {
    using own = createCluster({ topics: everyTopic(1) });
    const { line } = start({ KAFKA_BROKER: own.brokers, PRODUCER_DELIVERY_TIMEOUT: "2s" });
    const { url = "" } = await line("listening");
    const keyed = { "idempotency-key": "7" };
    expect((await post(url, "/order", order)).status).toBe(202);
    own.roundTripTime(1, 60_000);
    const [single, batch] = await Promise.all([
      post(url, "/order", order, keyed),
      post(url, "/orders/batch", { orders: [order, order] }),
    ]);
    expect([single.status, batch.status]).toEqual([504, 504]);
    const unknown = (await single.json()) as { detail: string; order_id: string };
    expect(unknown.detail).toContain("unknown, retry with the same Idempotency-Key");
    own.roundTripTime(1, 0);
    await until(async () => {
      const answer = await post(url, "/order", order, keyed);
      expect(await answer.json()).toMatchObject({ order_id: unknown.order_id });
      return answer.status === 202;
    });
  });
});

describe("a fatal error of the Kafka producer", () => {
  const PRODUCE = 0;
  const INIT_PRODUCER_ID = 22;
  const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
  const CLUSTER_AUTHORIZATION_FAILED = 31;

  test("under load: every order is answered with what is true, and the process goes on", async () => {
    using own = createCluster({ topics: everyTopic(1) });
    const { child, line } = start({ KAFKA_BROKER: own.brokers });
    const management = (await line("management at")).message.split(" ").at(-1);
    const { url = "" } = await line("listening");
    const ids: string[] = [];
    const statuses: Record<number, number> = {};
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        const answer = await post(url, "/order", order);
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        const { order_id } = (await answer.json()) as { order_id: string };
        if (answer.status === 202) ids.push(order_id);
      }
    };
    const clients = Promise.all(Array.from({ length: 16 }, client));
    await until(() => ids.length > 100);
    own.pushRequestErrors(PRODUCE, [OUT_OF_ORDER_SEQUENCE_NUMBER]);
    await line("the Kafka producer can't go on and is replaced");
    await line("the Kafka producer was replaced");
    const atRenewal = ids.length;
    await until(() => ids.length > atRenewal + 100);
    isOver = true;
    await clients;
    expect(Object.keys(statuses).every((status) => ["202", "503", "504"].includes(status))).toBe(true);
    // What had been sent when the error came may have been written.
    expect(statuses[504]).toBeGreaterThan(0);
    expect((await readOrders(ids, own)).every((entry) => entry !== undefined)).toBe(true);
    expect((await fetch(`${management}/ready`)).status).toBe(200);
    expect(await (await fetch(`${management}/metrics`)).text()).toContain("producer_kafka_renewals_total 1");
    expect(child.exitCode).toBeNull();
  });

  test("that meets every successor, too: not ready with the reason until one of them lives", async () => {
    using own = createCluster({ topics: everyTopic(1) });
    const { line } = start({ KAFKA_BROKER: own.brokers });
    const management = (await line("management at")).message.split(" ").at(-1);
    const { url = "" } = await line("listening");
    expect((await post(url, "/order", order)).status).toBe(202);
    own.pushRequestErrors(INIT_PRODUCER_ID, [CLUSTER_AUTHORIZATION_FAILED]);
    own.pushRequestErrors(PRODUCE, [OUT_OF_ORDER_SEQUENCE_NUMBER]);
    expect((await post(url, "/order", order)).status).toBe(504);
    await until(async () => {
      const ready = await fetch(`${management}/ready`);
      const { reasons } = (await ready.json()) as { reasons?: Record<string, string> };
      return ready.status === 503 && reasons?.producer !== undefined;
    });
    await until(async () => (await post(url, "/order", order)).status === 202);
    expect((await fetch(`${management}/ready`)).status).toBe(200);
    expect(await (await fetch(`${management}/metrics`)).text()).toContain("producer_kafka_renewals_total 2");
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

describe("when Kafka is away", () => {
  test("orders are answered 503 in time and never 202, health says so, and it comes back by itself", async () => {
    using own = createCluster({ topics: everyTopic(3) });
    const { line } = start({ KAFKA_BROKER: own.brokers, PRODUCER_DELIVERY_TIMEOUT: "2s" });
    const { url = "" } = await line("listening");
    expect((await post(url, "/order", order)).status).toBe(202);
    own.brokerDown(1);
    const from = performance.now();
    const [single, batch] = await Promise.all([
      post(url, "/order", order),
      post(url, "/orders/batch", { orders: [order, order] }),
    ]);
    expect(performance.now() - from).toBeLessThan(3000);
    for (const answer of [single, batch]) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect((await fetch(`${url}/health`)).status).toBe(503);
    own.brokerUp(1);
    const deadline = performance.now() + 10_000;
    let status = 0;
    while (status !== 202 && performance.now() < deadline) status = (await post(url, "/order", order)).status;
    expect(status).toBe(202);
  });

  test("at the start it waits with a message, refuses orders meanwhile, and ends on SIGTERM", async () => {
    const { child, line } = start({ KAFKA_BROKER: "127.0.0.1:1" });
    const url = (await line("HTTP at")).message.split(" ").at(-1) ?? "";
    const answer = await post(url, "/order", order);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("connection")).toBe("close");
    const waiting = await line("waiting for Kafka");
    expect(waiting.message).toContain("127.0.0.1:1 (KAFKA_BROKER)");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("past the bound on orders in flight it refuses at once", async () => {
    using own = createCluster({ topics: everyTopic(3) });
    const { line } = start({ KAFKA_BROKER: own.brokers, PRODUCER_MAX_IN_FLIGHT: "1000" });
    const { url = "" } = await line("listening");
    own.brokerDown(1);
    const batch = { orders: Array(1000).fill(order) };
    const answers = await Promise.all(
      [post(url, "/orders/batch", batch), post(url, "/orders/batch", batch)].map(async (asked) => {
        const answer = await asked;
        return {
          status: answer.status,
          problem: (await answer.json()) as { detail: string },
          at: performance.now(),
        };
      }),
    );
    answers.sort((a, b) => a.at - b.at);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(answers[0]?.problem.detail).toContain("Too many orders");
    expect((answers[1]?.at ?? 0) - (answers[0]?.at ?? 0)).toBeGreaterThan(500);
  });
});

describe("who may order", () => {
  async function withKeys(text: string) {
    const folder = await mkdtemp(join(tmpdir(), "producer-keys-"));
    const file = join(folder, "keys");
    await Bun.write(file, text);
    return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  }

  test("keys from a file, read again on SIGHUP; a broken file changes nothing", async () => {
    await using keys = await withKeys("canteen first-first-first-first\n");
    const { child, line, lines } = start({ API_KEYS_FILE: keys.file, HOST: "0.0.0.0" });
    const url = ((await line("listening")).url ?? "").replace("0.0.0.0", "127.0.0.1");
    const status = async (key: string) =>
      (await post(url, "/order", order, { authorization: `Bearer ${key}` })).status;
    expect((await post(url, "/order", order)).status).toBe(401);
    expect(await status("first-first-first-first")).toBe(202);
    await Bun.write(keys.file, "canteen hunter2");
    child.kill("SIGHUP");
    expect((await line("API_KEYS_FILE can't be read again")).message).toContain("at least 16 characters");
    expect(await status("first-first-first-first")).toBe(202);
    await Bun.write(keys.file, "canteen second-second-second\n");
    child.kill("SIGHUP");
    await line("API keys read again");
    expect([await status("first-first-first-first"), await status("second-second-second")]).toEqual([
      401, 202,
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|second-second|first-first/);
  });

  test("anybody, where that is said", async () => {
    const { line } = start({ HOST: "0.0.0.0", ALLOW_ANONYMOUS: "1" });
    const { url = "" } = await line("listening");
    expect((await post(url.replace("0.0.0.0", "127.0.0.1"), "/order", order)).status).toBe(202);
  });

  test.each([
    [
      { HOST: "0.0.0.0" },
      'HOST="0.0.0.0" takes orders from other machines: set API_KEYS_FILE, or ALLOW_ANONYMOUS=1',
    ],
    [{ API_KEYS_FILE: "/nowhere/keys" }, "API_KEYS_FILE: ENOENT"],
    [{ TLS_CERT_FILE: "/dev/null" }, "TLS_CERT_FILE and TLS_KEY_FILE belong together"],
    [{ TLS_CERT_FILE: "/dev/null", TLS_KEY_FILE: "/nowhere/key" }, "TLS_KEY_FILE: ENOENT"],
    [{ API_KEYS_FILE: "/dev/null" }, "API_KEYS_FILE: there is no key in it"],
    [{ API_KEYS_FILE: "/dev/null", ALLOW_ANONYMOUS: "1" }, "only one of them can be meant"],
  ])("%p is not enough: a line that says what to do, exit code 2", async (environment, words) => {
    const { child } = start(environment as Record<string, string>);
    expect(await child.exited).toBe(2);
    expect((await child.stderr.text()).trim()).toContain(words);
  });

  test("on loopback the Host header must name it, and a rate limit counts an address", async () => {
    const { line } = start({ PRODUCER_RATE_LIMIT: "1" });
    const { url = "" } = await line("listening");
    expect((await fetch(`${url}/health`, { headers: { host: "evil.example" } })).status).toBe(421);
    const batch = { orders: Array(1000).fill(order) };
    expect((await post(url, "/orders/batch", batch)).status).toBe(202);
    const refused = await post(url, "/orders/batch", batch);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(900);
  });
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

describe("several processes on one port", () => {
  async function startThree() {
    const started = start({ PRODUCER_PROCESSES: "3" });
    const listening = () => started.lines.filter(({ message }) => message === "listening");
    await until(() => listening().length === 3);
    const { pid } = started.child;
    const siblings = (await Bun.file(`/proc/${pid}/task/${pid}/children`).text())
      .trim()
      .split(" ")
      .map(Number);
    expect(siblings).toHaveLength(2);
    return { ...started, url: listening()[0]?.url ?? "", siblings };
  }
  const isGone = (pid: number) => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };

  test("all of them take orders, each 202 is in Kafka, and SIGTERM ends all in order", async () => {
    const { child, lines, url, siblings } = await startThree();
    // A new connection each time: the kernel spreads connections, not requests.
    const place = async () => {
      const answer = await post(url, "/order", order, { connection: "close" });
      expect(answer.status).toBe(202);
      return ((await answer.json()) as { order_id: string }).order_id;
    };
    const ids = await Promise.all(Array.from({ length: 100 }, place));
    const ports = lines.filter(({ message }) => message.startsWith("management at"));
    const counts = await Promise.all(
      ports.map(async ({ message }) => {
        const metrics = await (await fetch(`${message.split(" ").at(-1)}/metrics`)).text();
        return Number(/producer_orders_total\{outcome="acknowledged"\} (\d+)/.exec(metrics)?.[1]);
      }),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(100);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect((await readOrders(ids)).every((entry) => entry !== undefined)).toBe(true);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(siblings.map(isGone)).toEqual([true, true]);
  });

  test("one dies, all end: whoever looks after the service starts it anew as a whole", async () => {
    const { child, lines, siblings } = await startThree();
    process.kill(siblings[0] as number, "SIGKILL");
    expect(await child.exited).toBe(1);
    expect(lines.some(({ message }) => message.includes("beside this one ended (SIGKILL)"))).toBe(true);
    expect(siblings.map(isGone)).toEqual([true, true]);
  });

  test("the first is killed: the others end by themselves", async () => {
    const { child, siblings } = await startThree();
    child.kill("SIGKILL");
    await until(() => siblings.every(isGone));
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
