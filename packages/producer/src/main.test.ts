/** The producer as a process, on an in-process cluster: what only shows when everything is wired together. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { decodeEvent, INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { createConsumer } from "@campus/kafka";
import { createCluster, type MockCluster } from "@campus/kafka/testing";

const order = { user_id: "user123", item: "Burger", quantity: 2 };
let cluster: MockCluster;
const processes: ReturnType<typeof spawn>[] = [];

beforeAll(() => {
  cluster = createCluster({ topics: { [ORDER_EVENTS]: 3, [INVENTORY_EVENTS]: 3 } });
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

function post(url: string, path: string, value: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(url + path, { method: "POST", body: JSON.stringify(value), headers });
}

/** The events of these orders, read from Kafka. */
async function readOrders(ids: readonly string[]) {
  const wanted = new Set(ids);
  const found = new Map<string, { key: string; event: ReturnType<typeof decodeEvent> }>();
  await using consumer = createConsumer({
    brokers: cluster.brokers,
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
    20_000,
  );

  test("readiness and metrics stand on the management port", async () => {
    const { line } = start();
    const management = (await line("management at")).message.split(" ").at(-1);
    const { url = "" } = await line("listening");
    await post(url, "/order", order);
    expect((await fetch(`${management}/ready`)).status).toBe(200);
    expect(await (await fetch(`${management}/metrics`)).text()).toContain(
      'producer_orders_total{outcome="acknowledged"} 1',
    );
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
  }, 20_000);
});

describe("when Kafka is away", () => {
  test("orders are answered 503 in time and never 202, health says so, and it comes back by itself", async () => {
    using own = createCluster({ topics: { [ORDER_EVENTS]: 3, [INVENTORY_EVENTS]: 3 } });
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
  }, 30_000);

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
  }, 30_000);

  test("past the bound on orders in flight it refuses at once", async () => {
    using own = createCluster({ topics: { [ORDER_EVENTS]: 3, [INVENTORY_EVENTS]: 3 } });
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
  }, 30_000);
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
