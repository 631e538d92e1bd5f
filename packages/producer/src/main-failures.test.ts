/** The producer as a process when things go wrong: itself killed, Kafka silent, away or refusing. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createCluster } from "@campus/kafka/testing";
import { order } from "./testing.ts";
import { everyTopic, post, readOrders, until, useProducers } from "./testing-process.ts";

setDefaultTimeout(60_000);

const { start } = useProducers();

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
