import { describe, expect, test } from "bun:test";
import { order, problemOf, setUp } from "./testing.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Both ways orders are read. */
const WAYS: [string, { scans: boolean }][] = [
  ["quick", { scans: true }],
  ["long", { scans: false }],
];

describe.each(WAYS)("POST /order, read the %s way", (_, way) => {
  test("answers 202 with what was placed", async () => {
    const { postJson, published } = setUp(way);
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
    const { post } = setUp(way);
    expect((await post("/order", JSON.stringify(order), { "content-type": type })).status).toBe(202);
  });

  test("is not answered before the outcome is known", async () => {
    const { postJson, state } = setUp(way);
    const { promise, resolve } = Promise.withResolvers<void>();
    state.isSettling = promise;
    let isAnswered = false;
    const answer = postJson("/order", order).then((response) => {
      isAnswered = true;
      return response;
    });
    // By the time another instance has answered a whole request, this one would have, too.
    await setUp().postJson("/order", order);
    expect(isAnswered).toBe(false);
    resolve();
    expect((await answer).status).toBe(202);
  });
});

describe.each(WAYS)("POST /orders/batch, read the %s way", (_, way) => {
  test("answers 202 with an id for each order, in order", async () => {
    const { postJson, published } = setUp(way);
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
    const { postJson, published } = setUp(way);
    const answer = await postJson("/orders/batch", { orders: Array(1000).fill(order) });
    expect(answer.status).toBe(202);
    expect(((await answer.json()) as { order_ids: string[] }).order_ids).toHaveLength(1000);
    expect(new Set(published.map(({ order_id }) => order_id)).size).toBe(1000);
  });

  test("a batch of which a part failed tells what became of each order", async () => {
    for (const headers of [{}, { "idempotency-key": '"k"' }]) {
      const { postJson, published, state } = setUp(way);
      const post = () => postJson("/orders/batch", { orders: Array(4).fill(order) }, headers);
      state.batchOutcome = ["acknowledged", "failed", "unknown", "acknowledged"];
      const answer = await post();
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      const of = (...indexes: number[]) =>
        indexes.map((index) => ({ index, order_id: published[index]?.order_id }));
      const problem = await problemOf(answer, 504);
      expect(problem).toMatchObject({ acknowledged: of(0, 3), failed: of(1), unknown: of(2) });
      expect(problem.detail).toContain("Of 4 orders Kafka acknowledged 2 and did not take 1");
      expect(problem.detail).toContain("of 1 the outcome is unknown");
      expect(problem.detail).toContain("retry with the same Idempotency-Key");
    }
  });

  test("a batch in part, nothing of it unknown: 503", async () => {
    const { postJson, published, state } = setUp(way);
    state.batchOutcome = ["acknowledged", "failed"];
    const problem = await problemOf(await postJson("/orders/batch", { orders: [order, order] }), 503);
    expect(problem).toMatchObject({
      acknowledged: [{ index: 0, order_id: published[0]?.order_id }],
      failed: [{ index: 1, order_id: published[1]?.order_id }],
      unknown: [],
    });
  });

  test("a batch of which nothing was taken", async () => {
    const { postJson, state } = setUp(way);
    state.batchOutcome = "full";
    const full = await problemOf(await postJson("/orders/batch", { orders: [order, order] }), 503);
    expect(full).not.toHaveProperty("failed");
    state.batchOutcome = "failed";
    const failed = await problemOf(await postJson("/orders/batch", { orders: [order, order] }), 503);
    expect(failed.failed).toHaveLength(2);
    state.batchOutcome = "unknown";
    const unknown = await problemOf(await postJson("/orders/batch", { orders: [order, order] }), 504);
    expect(unknown.unknown).toHaveLength(2);
  });
});

describe("with an Idempotency-Key", () => {
  const keyed = { "idempotency-key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"' };
  const batch = { orders: [order, { ...order, item: "Fries" }, order] };

  test.each([
    ["/order", order],
    ["/orders/batch", batch],
  ])("POST %s twice is one request with one answer", async (path, value) => {
    const { post, postJson, published } = setUp();
    const first = await postJson(path, value, keyed);
    const said = await first.json();
    const count = published.length;
    // White space is no part of an order, and the quotes are no part of the key.
    const again = await post(path, JSON.stringify(value, null, 2), {
      "idempotency-key": keyed["idempotency-key"].slice(1, -1),
    });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(await again.json()).toEqual(said);
    expect(published).toHaveLength(count);
  });

  test("the order ids come from key and content: another instance gives the same", async () => {
    for (const [path, value] of [
      ["/order", order],
      ["/orders/batch", batch],
    ] as const) {
      const [one, other] = [setUp(), setUp()];
      await one.postJson(path, value, keyed);
      await other.postJson(path, value, keyed);
      expect(one.published.map(({ order_id }) => order_id)).toEqual(
        other.published.map(({ order_id }) => order_id),
      );
      expect(new Set(one.published.map(({ order_id }) => order_id)).size).toBe(one.published.length);
      expect(one.published[0]?.event_id).not.toBe(other.published[0]?.event_id as string);
    }
  });

  test("ten at once: one order, ten equal answers", async () => {
    const { postJson, published, state } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.isSettling = promise;
    const asked = Array.from({ length: 10 }, () => postJson("/order", order, keyed));
    await setUp().postJson("/order", order);
    resolve();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect(published).toHaveLength(1);
  });

  test("another body under the same key is 422", async () => {
    const { postJson, published } = setUp();
    await postJson("/order", order, keyed);
    for (const [path, value] of [
      ["/order", { ...order, quantity: 3 }],
      ["/orders/batch", { orders: [order] }],
    ] as const) {
      const problem = await problemOf(await postJson(path, value, keyed), 422);
      expect(problem.type).toBe("urn:campus-orders:problem:idempotency-key-reused");
    }
    expect(published).toHaveLength(1);
    expect((await postJson("/order", order, { "idempotency-key": "other" })).status).toBe(202);
  });

  test("an invalid order does not take the key", async () => {
    const { postJson } = setUp();
    await problemOf(await postJson("/order", { ...order, quantity: 0 }, keyed), 422);
    expect((await postJson("/order", order, keyed)).status).toBe(202);
  });

  test.each(['""', '"open', '"a", "b"', "a b", "a".repeat(256), '"a";b'])(
    "%s is no key: 400, nothing published",
    async (key) => {
      const { postJson, published } = setUp();
      for (const [path, value] of [
        ["/order", order],
        ["/orders/batch", batch],
      ] as const) {
        const answer = await postJson(path, value, { "idempotency-key": key });
        const problem = await problemOf(answer, 400);
        expect(problem.type).toBe("urn:campus-orders:problem:malformed-idempotency-key");
      }
      expect(published).toEqual([]);
    },
  );

  test("unknown, then the same again: the same id, and 202", async () => {
    const { postJson, published, state } = setUp();
    state.outcome = "unknown";
    const problem = await problemOf(await postJson("/order", order, keyed), 504);
    state.outcome = "acknowledged";
    const answer = await postJson("/order", order, keyed);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ order_id: problem.order_id });
    expect(published.map(({ order_id }) => order_id)).toEqual(Array(2).fill(problem.order_id));
  });

  test("a batch in part, then the same again: only the rest is published, and 202 names all", async () => {
    const { postJson, published, state } = setUp();
    state.batchOutcome = ["acknowledged", "failed", "acknowledged"];
    await problemOf(await postJson("/orders/batch", batch, keyed), 503);
    const ids = published.map(({ order_id }) => order_id);
    state.batchOutcome = "acknowledged";
    const answer = await postJson("/orders/batch", batch, keyed);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ accepted: 3, order_ids: ids });
    expect(published.slice(3).map(({ order_id }) => order_id)).toEqual([ids[1] as string]);
  });
});

describe("ACKNOWLEDGE=enqueued", () => {
  test.each([
    ["/order", order, {}],
    ["/orders/batch", { orders: [order] }, {}],
    ["/order", order, { "idempotency-key": "k" }],
    ["/orders/batch", { orders: [order] }, { "idempotency-key": "k" }],
  ])("POST %s is answered before the outcome is known, and says so", async (path, value, headers) => {
    const { postJson, published, state } = setUp({ acknowledge: "enqueued" });
    const { promise, resolve } = Promise.withResolvers<void>();
    state.isSettling = promise;
    const answer = await postJson(path, value, headers);
    expect(answer.status).toBe(202);
    const said = (await answer.json()) as { message: string; order_id?: string; order_ids?: string[] };
    expect(said.message).toMatch(/^Orders? enqueued for Kafka$/);
    expect(said.order_id ?? said.order_ids?.[0]).toBe(published[0]?.order_id as string);
    resolve();
  });

  test("what is refused at once is not answered 202", async () => {
    const { postJson, state } = setUp({ acknowledge: "enqueued" });
    state.outcome = "full";
    await problemOf(await postJson("/order", order), 503);
    state.batchOutcome = "full";
    await problemOf(await postJson("/orders/batch", { orders: [order] }), 503);
  });

  test("a mistake of this program after the answer is told to the log", async () => {
    const { postJson, errors, state } = setUp({ acknowledge: "enqueued" });
    const { promise, resolve } = Promise.withResolvers<void>();
    state.isSettling = promise;
    state.outcome = new Error("late");
    expect((await postJson("/order", order)).status).toBe(202);
    resolve();
    while (errors.length === 0) await new Promise((wake) => setImmediate(wake));
    expect(errors).toEqual([state.outcome]);
  });

  test("a retry of what failed after its answer is published again", async () => {
    const { postJson, published, state } = setUp({ acknowledge: "enqueued" });
    const { promise, resolve } = Promise.withResolvers<void>();
    state.isSettling = promise;
    state.outcome = "failed";
    const keyed = { "idempotency-key": "k" };
    expect((await postJson("/order", order, keyed)).status).toBe(202);
    resolve();
    await promise;
    state.outcome = "acknowledged";
    expect((await postJson("/order", order, keyed)).status).toBe(202);
    expect(published).toHaveLength(2);
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
    for (const closed of ["starting", "draining", "recovering"] as const) {
      state.closed = closed;
      const answer = await ask("/health");
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ status: closed, kafka: "reachable" });
    }
  });
});

describe("no acknowledgement: an answer that says what is known, never 202", () => {
  test.each([
    ["failed", 503],
    ["full", 503],
    ["unknown", 504],
  ] as const)("an order that is %s: %i", async (outcome, status) => {
    for (const headers of [{}, { "idempotency-key": '"k"' }]) {
      const { postJson, published, state } = setUp();
      state.outcome = outcome;
      const answer = await postJson("/order", order, headers);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      const problem = await problemOf(answer, status);
      if (outcome === "full") expect(problem).not.toHaveProperty("order_id");
      else expect(problem).toMatchObject({ outcome, order_id: published[0]?.order_id });
      if (outcome === "unknown") {
        expect(problem.detail).toMatch(/unknown,.* retry with the same Idempotency-Key/);
      } else expect(problem.detail).toContain("Nothing was published");
    }
  });

  test.each(["starting", "draining", "recovering"] as const)(
    "while %s nothing is published",
    async (closed) => {
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
    },
  );
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
