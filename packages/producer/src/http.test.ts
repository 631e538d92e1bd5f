import { describe, expect, test } from "bun:test";
import { createHttp } from "./http.ts";
import { createOrderPlacer } from "./order.ts";
import type { PublishOutcome } from "./publisher.ts";
import { order, problemOf, setUp } from "./testing.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("POST /order", () => {
  test("answers 202 with what was placed", async () => {
    const { postJson, published } = setUp();
    const answer = await postJson("/order", order);
    expect(answer.status).toBe(202);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const [event] = published;
    expect(event).toMatchObject({ event_type: "OrderPlaced", payload: order });
    expect(await answer.json()).toEqual({
      order_id: event?.order_id,
      status: "accepted",
      message: "Order published to Kafka",
      timestamp: event?.timestamp,
    });
    expect(event?.order_id).toMatch(UUID);
    expect(event?.timestamp).toMatch(ISO);
  });

  test.each([
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
    'application/json; charset="utf-8"',
  ])("takes %s", async (type) => {
    const { post } = setUp();
    expect((await post("/order", JSON.stringify(order), { "content-type": type })).status).toBe(202);
  });

  test("is not answered before the outcome is known", async () => {
    const { app } = setUp();
    const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
    const http = createHttp({
      publisher: { publish: () => promise, publishBatch: () => promise },
      kafkaHealth: { check: async () => ({ isReachable: true, brokers: 1 }) },
      placeOrder: createOrderPlacer(),
      closedBecause: () => undefined,
      onError: () => {},
    });
    const request = () =>
      new Request("http://localhost/order", {
        method: "POST",
        body: JSON.stringify(order),
        headers: { "content-type": "application/json" },
      });
    let isAnswered = false;
    const answer = http.handle(request()).then((response) => {
      isAnswered = true;
      return response;
    });
    // By the time another instance has answered a whole request, this one would have, too.
    await app.handle(request());
    expect(isAnswered).toBe(false);
    resolve("acknowledged");
    expect((await answer).status).toBe(202);
  });
});

describe("POST /orders/batch", () => {
  test("answers 202 with an id for each order, in order", async () => {
    const { postJson, published } = setUp();
    const answer = await postJson("/orders/batch", { orders: [order, { ...order, item: "Fries" }] });
    expect(answer.status).toBe(202);
    expect(published.map(({ payload }) => payload.item)).toEqual(["Burger", "Fries"]);
    expect(await answer.json()).toEqual({
      status: "accepted",
      message: "Orders published to Kafka",
      timestamp: expect.stringMatching(ISO),
      accepted: 2,
      order_ids: published.map(({ order_id }) => order_id),
    });
  });

  test("takes 1000", async () => {
    const { postJson, published } = setUp();
    const answer = await postJson("/orders/batch", { orders: Array(1000).fill(order) });
    expect(answer.status).toBe(202);
    expect(((await answer.json()) as { order_ids: string[] }).order_ids).toHaveLength(1000);
    expect(new Set(published.map(({ order_id }) => order_id)).size).toBe(1000);
  });
});

describe("GET /health", () => {
  test("200 while Kafka can be reached", async () => {
    const { ask } = setUp();
    const answer = await ask("/health");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: "ok",
      kafka: "reachable",
      brokers: 3,
      timestamp: expect.stringMatching(ISO),
    });
  });

  test("503 while it can't, before the start is done, and while draining", async () => {
    const { ask, state } = setUp();
    state.isReachable = false;
    const answer = await ask("/health");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ status: "unavailable", kafka: "unreachable" });
    state.isReachable = true;
    for (const closed of ["starting", "draining"] as const) {
      state.closed = closed;
      const answer = await ask("/health");
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ status: closed, kafka: "reachable" });
    }
  });
});

describe("no acknowledgement: 503 with Retry-After, never 202", () => {
  test.each(["failed", "unknown", "full"] as const)("an order that is %s", async (outcome) => {
    const { postJson, published, state } = setUp();
    state.outcome = outcome;
    const answer = await postJson("/order", order);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const problem = await problemOf(answer, 503);
    if (outcome === "full") expect(problem).not.toHaveProperty("order_id");
    else expect(problem).toMatchObject({ outcome, order_id: published[0]?.order_id });
  });

  test("a batch of which a part failed tells what became of each order", async () => {
    const { postJson, published, state } = setUp();
    state.batchOutcome = ["acknowledged", "failed", "unknown", "acknowledged"];
    const answer = await postJson("/orders/batch", { orders: Array(4).fill(order) });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const of = (...indexes: number[]) =>
      indexes.map((index) => ({ index, order_id: published[index]?.order_id }));
    const problem = await problemOf(answer, 503);
    expect(problem).toMatchObject({ acknowledged: of(0, 3), failed: of(1), unknown: of(2) });
    expect(problem.detail).toContain(
      "Of 4 orders Kafka acknowledged 2 and did not take 1; of 1 it is not known.",
    );
  });

  test("a batch of which nothing was taken", async () => {
    const { postJson, state } = setUp();
    state.batchOutcome = "full";
    const full = await problemOf(await postJson("/orders/batch", { orders: [order, order] }), 503);
    expect(full).not.toHaveProperty("failed");
    state.batchOutcome = "unknown";
    const unknown = await problemOf(await postJson("/orders/batch", { orders: [order, order] }), 503);
    expect(unknown.unknown).toHaveLength(2);
  });

  test.each(["starting", "draining"] as const)("while %s nothing is published", async (closed) => {
    const { postJson, published, state } = setUp();
    state.closed = closed;
    for (const [path, value] of [
      ["/order", order],
      ["/orders/batch", { orders: [order] }],
    ] as const) {
      const answer = await postJson(path, value);
      expect(answer.headers.get("connection")).toBe("close");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      await problemOf(answer, 503);
    }
    expect(published).toEqual([]);
  });
});

describe("everything else", () => {
  test.each(["/", "/orders", "/order/", "/order/7", "/health/x", "/%00"])("%s is not found", async (path) => {
    const { ask } = setUp();
    await problemOf(await ask(path), 404);
    await problemOf(await ask(path, { method: "POST", body: "{}" }), 404);
  });

  test.each([
    ["GET", "/order", "POST"],
    ["PUT", "/order", "POST"],
    ["DELETE", "/orders/batch", "POST"],
    ["OPTIONS", "/orders/batch", "POST"],
    ["POST", "/health", "GET, HEAD"],
  ])("%s %s is not allowed", async (method, path, allow) => {
    const { ask } = setUp();
    const answer = await ask(path, { method });
    expect(answer.headers.get("allow")).toBe(allow);
    await problemOf(answer, 405);
  });

  test("a query string changes nothing", async () => {
    const { postJson } = setUp();
    expect((await postJson("/order?x=1", order)).status).toBe(202);
  });

  test("a Host of one letter does not move the path", async () => {
    const { app } = setUp();
    await problemOf(await app.handle(new Request("http://a/xx/health")), 404);
  });

  test("a mistake of this program is 500, told to the log and not to the client", async () => {
    const { postJson, errors, state } = setUp();
    state.outcome = new Error("at /secret/path.ts:7");
    const problem = await problemOf(await postJson("/order", order), 500);
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(errors).toEqual([state.outcome]);
  });
});
