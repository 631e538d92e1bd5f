/** Who is let in, under which name, how often; and the id on every answer. */
import { describe, expect, test } from "bun:test";
import { loadApiKeys } from "./api-keys.ts";
import { createRateLimit } from "./rate-limit.ts";
import { order, problemOf, setUp } from "./testing.ts";

const CANTEEN = { authorization: "Bearer canteen-canteen-canteen" };
const KIOSK = { "x-api-key": "kiosk-kiosk-kiosk-kiosk" };
const apiKeys = await loadApiKeys(
  async () => "canteen canteen-canteen-canteen\nkiosk kiosk-kiosk-kiosk-kiosk",
);
const batch = (length: number) => ({ orders: Array(length).fill(order) });

describe("with API keys", () => {
  test("orders need one, and the body of a request without is not read", async () => {
    const { post, published } = setUp({ apiKeys });
    for (const headers of [{}, { authorization: "Bearer wrong-wrong-wrong-wrong" }]) {
      for (const path of ["/order", "/orders/batch"]) {
        const body = new ReadableStream({ pull: () => new Promise(() => {}) });
        const answer = await post(path, body, headers);
        expect(answer.headers.get("www-authenticate")).toBe("Bearer");
        await problemOf(answer, 401);
      }
    }
    expect(published).toEqual([]);
  });

  test.each([CANTEEN, KIOSK])("each of them is let in", async (headers) => {
    const { postJson } = setUp({ apiKeys });
    expect((await postJson("/order", order, headers as Record<string, string>)).status).toBe(202);
    expect((await postJson("/orders/batch", batch(2), headers as Record<string, string>)).status).toBe(202);
  });

  test("health needs none", async () => {
    const { ask } = setUp({ apiKeys });
    expect((await ask("/health")).status).toBe(200);
  });

  test("an Idempotency-Key is its principal's own", async () => {
    const { postJson, published } = setUp({ apiKeys });
    const keyed = { "idempotency-key": "7" };
    const [one, same, other] = [
      await postJson("/order", order, { ...keyed, ...CANTEEN }),
      await postJson("/order", order, { ...keyed, ...CANTEEN }),
      await postJson("/order", { ...order, quantity: 3 }, { ...keyed, ...KIOSK }),
    ];
    expect([one.status, same.status, other.status]).toEqual([202, 202, 202]);
    expect(published).toHaveLength(2);
    expect(published[0]?.order_id.slice(0, 18)).not.toBe(published[1]?.order_id.slice(0, 18) as string);
  });
});

describe("under a name that is not allowed", () => {
  const hosts = new Set(["localhost"]);

  test.each(["/order", "/orders/batch", "/health", "/nothing", "/"])("%s is 421", async (path) => {
    const { ask, post, published } = setUp({ hosts });
    for (const host of ["evil.example", "a", "localhost.evil.example:80"]) {
      await problemOf(await ask(path, { headers: { host } }), 421);
      await problemOf(await post(path, JSON.stringify(order), { host }), 421);
    }
    expect(published).toEqual([]);
  });

  test("and no Host at all, too", async () => {
    const { ask } = setUp({ hosts });
    await problemOf(await ask("/health"), 421);
    expect((await ask("/health", { headers: { host: "localhost:8201" } })).status).toBe(200);
  });
});

describe("with a rate limit", () => {
  const setUpLimited = (burst: number, keys?: typeof apiKeys) =>
    setUp({
      rateLimit: createRateLimit({ ordersPerSecond: 1, burst, now: () => 0 }),
      ...(keys === undefined ? {} : { apiKeys: keys }),
    });

  test("orders count one by one, however they come; past it 429, and nothing is published", async () => {
    const { postJson, published } = setUpLimited(5);
    const first = await postJson("/orders/batch", batch(4));
    expect(first.status).toBe(202);
    expect(first.headers.get("ratelimit")).toBe('"orders";r=1;t=4');
    expect(first.headers.get("ratelimit-policy")).toBe('"orders";q=5;w=5');
    expect((await postJson("/order", order)).status).toBe(202);
    for (const [path, value, retryAfter] of [
      ["/order", order, "1"],
      ["/orders/batch", batch(3), "3"],
    ] as const) {
      const answer = await postJson(path, value);
      expect(answer.headers.get("retry-after")).toBe(retryAfter);
      expect(answer.headers.get("ratelimit")).toBe('"orders";r=0;t=5');
      await problemOf(answer, 429);
    }
    expect(published).toHaveLength(5);
  });

  test("more than may ever come at once is told so, without a time to wait", async () => {
    const { postJson } = setUpLimited(5);
    const answer = await postJson("/orders/batch", batch(6));
    expect(answer.headers.has("retry-after")).toBe(false);
    expect((await problemOf(answer, 429)).detail).toContain("smaller batches");
  });

  test("each key has its own", async () => {
    const { postJson } = setUpLimited(1, apiKeys);
    for (const status of [202, 429]) {
      for (const headers of [CANTEEN, KIOSK]) {
        const answer = await postJson("/order", order, headers as Record<string, string>);
        expect(answer.status).toBe(status);
      }
    }
  });

  test("what is refused for another reason takes nothing", async () => {
    const { post, postJson, state } = setUpLimited(1);
    await problemOf(await post("/order", "{"), 400);
    await problemOf(await postJson("/order", {}), 422);
    state.closed = "starting";
    await problemOf(await postJson("/order", order), 503);
    state.closed = undefined;
    expect((await postJson("/order", order)).status).toBe(202);
  });
});

test("every answer has an id: the client's own, or a new one", async () => {
  const { ask, postJson, state, errors } = setUp({ apiKeys, hosts: new Set(["localhost"]) });
  const host = { host: "localhost" };
  const keyed = { ...CANTEEN, ...host };
  const asks: Record<number, (headers: Record<string, string>) => Promise<Response>> = {
    202: (headers) => postJson("/order", order, { ...keyed, ...headers }),
    422: (headers) => postJson("/order", {}, { ...keyed, ...headers }),
    401: (headers) => postJson("/order", order, { ...host, ...headers }),
    421: (headers) => postJson("/order", order, headers),
    404: (headers) => ask("/nothing", { headers: { ...host, ...headers } }),
    405: (headers) => ask("/order", { headers: { ...host, ...headers } }),
    200: (headers) => ask("/health", { headers: { ...host, ...headers } }),
    500(headers) {
      state.outcome = new Error("mistake");
      return postJson("/order", order, { ...keyed, ...headers });
    },
  };
  const ids = new Set<string | null>();
  for (const [status, asked] of Object.entries(asks)) {
    const own = await asked({ "x-request-id": `own-${status}` });
    expect([own.status, own.headers.get("x-request-id")]).toEqual([Number(status), `own-${status}`]);
    const fresh = await asked({ "x-request-id": "not <this>" });
    expect(fresh.headers.get("x-request-id")).toMatch(/^[\w-]{10,40}$/);
    ids.add(fresh.headers.get("x-request-id"));
  }
  expect(ids.size).toBe(Object.keys(asks).length);
  expect(errors).toHaveLength(2);
});
