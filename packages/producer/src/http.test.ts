import { describe, expect, test } from "bun:test";
import type { OrderPlaced } from "@campus/events";
import fc from "fast-check";
import type { ClosedReason } from "./answers.ts";
import { BATCH_MAX_BYTES, createHttp, ORDER_MAX_BYTES } from "./http.ts";
import { createOrderPlacer } from "./order.ts";
import type { BatchOutcome, PublishOutcome } from "./publisher.ts";

const order = { user_id: "user123", item: "Burger", quantity: 2 };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream | null;

/** The HTTP side over a publisher that remembers what it was given and answers as told. */
function setUp() {
  const published: OrderPlaced[] = [];
  const errors: unknown[] = [];
  const state = {
    outcome: "acknowledged" as PublishOutcome | Error,
    batchOutcome: "acknowledged" as BatchOutcome,
    closed: undefined as ClosedReason | undefined,
    isReachable: true,
  };
  const app = createHttp({
    publisher: {
      async publish(event) {
        published.push(event);
        if (state.outcome instanceof Error) throw state.outcome;
        return state.outcome;
      },
      async publishBatch(events) {
        published.push(...events);
        return state.batchOutcome;
      },
    },
    kafkaHealth: {
      check: async () => ({ isReachable: state.isReachable, brokers: state.isReachable ? 3 : 0 }),
    },
    placeOrder: createOrderPlacer(),
    closedBecause: () => state.closed,
    onError: (error) => errors.push(error),
  });
  const ask = (path: string, init: RequestInit = {}) =>
    app.handle(new Request(`http://localhost${path}`, init));
  const post = (path: string, body: Body, headers: Record<string, string> = {}) =>
    ask(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  const postJson = (path: string, value: unknown) => post(path, JSON.stringify(value));
  return { app, ask, post, postJson, published, errors, state };
}

type Problem = { type: string; title: string; status: number; detail: string } & Record<string, unknown>;

/** Checks that an answer is problem JSON of this status, and gives it. */
async function problemOf(answer: Response, status: number): Promise<Problem> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Problem;
  expect(problem.type).toMatch(/^urn:campus-orders:problem:[a-z-]+$/);
  expect(problem.title).not.toBe("");
  expect(problem.detail).not.toBe("");
  expect(problem.status).toBe(status);
  return problem;
}

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

describe("bodies that are no JSON: 400 or 415, and never given back", () => {
  const marker = "hunter2";
  const deep = `${'{"a":'.repeat(9000)}1${"}".repeat(9000)}`;

  test.each<[string, Body, Record<string, string>, number]>([
    ["broken JSON", `{"user_id":"${marker}`, {}, 400],
    ["two values", `{} ${marker}`, {}, 400],
    ["single quotes", `{'user_id':'${marker}'}`, {}, 400],
    ["NaN", `{"quantity":NaN,"${marker}":1}`, {}, 400],
    ["an empty body", "", {}, 400],
    ["no body", null, {}, 400],
    ["a byte order mark", `\ufeff${JSON.stringify(order)}`, {}, 400],
    ["bytes that are no UTF-8", Uint8Array.from([0x22, 0xff, 0x22]), {}, 400],
    ["UTF-16", Buffer.from(JSON.stringify(order), "utf16le"), {}, 400],
    ["a form", `user_id=${marker}&item=x`, { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["text", JSON.stringify(order), { "content-type": "text/plain" }, 415],
    ["JSON that is a problem", JSON.stringify(order), { "content-type": "application/problem+json" }, 415],
    [
      "a type that only begins like JSON",
      JSON.stringify(order),
      { "content-type": "application/jsonp" },
      415,
    ],
    ["two types", JSON.stringify(order), { "content-type": "application/json, text/plain" }, 415],
    ["another charset", JSON.stringify(order), { "content-type": "application/json; charset=latin1" }, 415],
    ["no type", Buffer.from(JSON.stringify(order)), { "content-type": "", "content-length": "60" }, 415],
    ["a compressed body", Bun.gzipSync(JSON.stringify(order)), { "content-encoding": "gzip" }, 415],
  ])("%s", async (_, body, headers, status) => {
    const { post, published } = setUp();
    for (const path of ["/order", "/orders/batch"]) {
      const problem = await problemOf(await post(path, body, headers), status);
      expect(JSON.stringify(problem)).not.toContain(marker);
    }
    expect(published).toEqual([]);
  });

  test("nesting without end is no order", async () => {
    const { post, published } = setUp();
    expect([400, 422]).toContain((await post("/order", deep)).status);
    expect((await post("/orders/batch", "[".repeat(500_000))).status).toBe(400);
    expect(published).toEqual([]);
  });

  test("a body that breaks off", async () => {
    const { post, published } = setUp();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"user_id":'));
        controller.error(new Error("connection lost"));
      },
    });
    await problemOf(await post("/order", body), 400);
    expect(published).toEqual([]);
  });
});

describe("orders that are not valid: 422, one entry a fault, nothing published", () => {
  test.each<[string, unknown, string]>([
    ["a missing field", { user_id: "u", quantity: 1 }, "/item"],
    ["an extra field", { ...order, note: "" }, "/note"],
    ['"quantity": "2"', { ...order, quantity: "2" }, "/quantity"],
    ["quantity 0", { ...order, quantity: 0 }, "/quantity"],
    ["quantity -1", { ...order, quantity: -1 }, "/quantity"],
    ["quantity 1.5", { ...order, quantity: 1.5 }, "/quantity"],
    ["quantity 1e9", { ...order, quantity: 1e9 }, "/quantity"],
    ["empty user_id", { ...order, user_id: "" }, "/user_id"],
    ["user_id of 10 kB", { ...order, user_id: "x".repeat(10_000) }, "/user_id"],
    ["NUL", { ...order, item: "a\0" }, "/item"],
    ["lone surrogate", { ...order, item: "\udfff" }, "/item"],
  ])("%s", async (_, value, path) => {
    const { postJson, published } = setUp();
    const alone = await problemOf(await postJson("/order", value), 422);
    expect(alone.errors).toEqual([{ path, field: path.slice(1), rule: expect.any(String) }]);
    expect(alone.error_count).toBe(1);
    const orders = Array<unknown>(1000).fill(order).with(999, value);
    const among = await problemOf(await postJson("/orders/batch", { orders }), 422);
    expect(among.errors).toEqual([
      { path: `/orders/999${path}`, index: 999, field: path.slice(1), rule: expect.any(String) },
    ]);
    expect(published).toEqual([]);
  });

  test.each([0, 1001])("a batch of %d", async (length) => {
    const { postJson, published } = setUp();
    const problem = await problemOf(
      await postJson("/orders/batch", { orders: Array(length).fill(order) }),
      422,
    );
    expect(problem.errors).toMatchObject([{ path: "/orders", field: "orders" }]);
    expect(published).toEqual([]);
  });

  test("several faults are several entries; past a hundred they are counted", async () => {
    const { postJson } = setUp();
    const few = await problemOf(await postJson("/order", { quantity: "2", note: 1 }), 422);
    expect(few.errors).toHaveLength(4);
    const many = await problemOf(await postJson("/orders/batch", { orders: Array(1000).fill(7) }), 422);
    expect(many.errors).toHaveLength(100);
    expect(many.error_count).toBe(1000);
    expect(many.detail).toContain("1000 faults; the first 100 are listed");
  });

  test("values are never given back", async () => {
    const { postJson } = setUp();
    const value = { user_id: "", item: ["hunter2"], quantity: "hunter2", "hunter2 <b>": "hunter2" };
    expect(JSON.stringify(await problemOf(await postJson("/order", value), 422))).not.toContain("hunter2");
  });
});

describe("bodies over the limit: 413", () => {
  const padded = (bytes: number, value: unknown) => JSON.stringify(value).padEnd(bytes);

  test.each([
    ["/order", ORDER_MAX_BYTES, order],
    ["/orders/batch", BATCH_MAX_BYTES, { orders: [order] }],
  ])("%s", async (path, limit, value) => {
    const { post, published } = setUp();
    const atLimit = padded(limit, value);
    const over = padded(limit + 1, value);
    const declared = { "content-length": String(limit) };
    expect((await post(path, atLimit, declared)).status).toBe(202);
    expect((await post(path, atLimit)).status).toBe(202);
    published.length = 0;
    for (const headers of [{ "content-length": String(limit + 1) }, {}]) {
      const problem = await problemOf(await post(path, over, headers), 413);
      expect(problem.limit_bytes).toBe(limit);
    }
    expect(published).toEqual([]);
  });

  test("a declared length is enough, not a byte is waited for", async () => {
    const { post } = setUp();
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    await problemOf(await post("/order", body, { "content-length": "70000" }), 413);
  });

  test("a body without end is not read to its end", async () => {
    const { post } = setUp();
    let chunks = 0;
    let isCancelled = false;
    const body = new ReadableStream({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(1024));
      },
      cancel() {
        isCancelled = true;
      },
    });
    await problemOf(await post("/order", body), 413);
    expect(chunks).toBeLessThan(80);
    expect(isCancelled).toBe(true);
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

  test("whatever the body is, the answer is one of the documented ones", async () => {
    const { post, published } = setUp();
    const body = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
      fc.string().map(Buffer.from),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom("/order", "/orders/batch"), async (bytes, path) => {
        const answer = await post(path, Buffer.from(bytes));
        expect([400, 422]).toContain(answer.status);
        await problemOf(answer, answer.status);
      }),
      { numRuns: 1000 },
    );
    expect(published).toEqual([]);
  });
});
