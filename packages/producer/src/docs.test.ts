/** The served OpenAPI document and its page: true to what the routes do, and nothing in them from elsewhere. */
import { describe, expect, test } from "bun:test";
import { OrderBatchRequest, OrderRequest } from "@campus/events";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { loadApiKeys } from "./api-keys.ts";
import { renderDocs } from "./docs-page.ts";
import type { OpenApiDocument } from "./openapi.ts";
import type { OrderTracker } from "./order-tracker.ts";
import { createRateLimit } from "./rate-limit.ts";
import { order, setUp } from "./testing.ts";

const ID = "7f8e9d0c-1b2a-4c3d-9e8f-0a1b2c3d4e5f";
const tracker: OrderTracker = {
  find: async () => ({ state: "reserved", timestampMs: 0 }),
  close: async () => {},
};

async function served(options: Parameters<typeof setUp>[0] = { tracker }): Promise<OpenApiDocument> {
  const answer = await setUp(options).ask("/openapi.json");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("application/json");
  return (await answer.json()) as OpenApiDocument;
}

const document = await served();

function resolve(schema: object): TSchema {
  const [, name] = /^#\/components\/schemas\/(\w+)$/.exec((schema as { $ref?: string }).$ref ?? "") ?? [];
  const found = name === undefined ? schema : document.components.schemas[name];
  expect(found).toBeDefined();
  return found as TSchema;
}

test("it is OpenAPI 3.1 and has every route but its own", async () => {
  expect(document.openapi).toBe("3.1.0");
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(operations.sort()).toEqual(["get /health", "get /orders/{id}", "post /order", "post /orders/batch"]);
  expect(Object.keys((await served({})).paths)).not.toContain("/orders/{id}");
});

test("every reference in it leads somewhere", () => {
  for (const [, ref = ""] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) resolve({ $ref: ref });
});

test("examples of requests can be sent as they are", async () => {
  const { postJson } = setUp();
  for (const path of ["/order", "/orders/batch"]) {
    const [content] = Object.values(document.paths[path]?.post?.requestBody?.content ?? {});
    expect((await postJson(path, content?.example)).status).toBe(202);
  }
});

test("what the document calls an order is what the service takes for one", async () => {
  const { postJson } = setUp();
  const longest = { user_id: "😀".repeat(128), item: "x".repeat(256), quantity: 1000 };
  const samples = [
    order,
    { ...order, user_id: "" },
    { ...order, user_id: "x".repeat(129) },
    { ...order, item: "a\0b" },
    { ...order, item: "x".repeat(257) },
    { ...order, quantity: 0 },
    { ...order, quantity: 1001 },
    { ...order, quantity: 1.5 },
    { ...order, note: "" },
    { item: "x", quantity: 1 },
    "order",
  ];
  const schema = resolve({ $ref: "#/components/schemas/Order" });
  for (const sample of samples) {
    expect((await postJson("/order", sample)).status === 202).toBe(Value.Check(plain(schema), sample));
    expect(Value.Check(OrderRequest, sample)).toBe(Value.Check(plain(schema), sample));
  }
  // Characters count as in JSON Schema, by code points; the checker here counts UTF-16 units.
  expect((await postJson("/order", longest)).status).toBe(202);
  expect(Value.Check(OrderBatchRequest, { orders: [longest] })).toBe(true);
});

/** A schema as the checker takes it. */
function plain(schema: TSchema): TSchema {
  const { properties } = schema as unknown as { properties: Record<string, Record<string, unknown>> };
  const KINDS: Record<string, string> = { string: "String", integer: "Integer", object: "Object" };
  const kind = (type: unknown) => ({ [Symbol.for("TypeBox.Kind")]: KINDS[String(type)] });
  return {
    ...schema,
    ...kind("object"),
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, { ...property, ...kind(property.type) }]),
    ),
  } as TSchema;
}

describe("every answer is a documented one", () => {
  const json = JSON.stringify(order);
  const keyed = { "idempotency-key": "k" };

  async function expectDocumented(path: string, method: string, answer: Response): Promise<void> {
    const response = document.paths[path]?.[method]?.responses[String(answer.status)];
    expect([path, answer.status, response === undefined]).toEqual([path, answer.status, false]);
    const type = (answer.headers.get("content-type") ?? "").split(";")[0] as string;
    const schema = response?.content?.[type]?.schema;
    expect([path, answer.status, type, schema === undefined]).toEqual([path, answer.status, type, false]);
    const wanted = resolve(schema as object) as unknown as {
      required: string[];
      properties: Record<string, unknown>;
      additionalProperties?: boolean;
    };
    const body = (await answer.json()) as Record<string, unknown>;
    for (const name of wanted.required) expect(body).toHaveProperty(name);
    if (wanted.additionalProperties === false) {
      expect(Object.keys(body).sort()).toEqual(Object.keys(wanted.properties).sort());
    }
  }

  test.each([
    ["/order", json],
    ["/orders/batch", JSON.stringify({ orders: [order, order] })],
  ])("POST %s", async (path, body) => {
    const statuses = new Set<number>();
    async function check(answer: Response): Promise<void> {
      statuses.add(answer.status);
      await expectDocumented(path, "post", answer);
    }
    const { post, state } = setUp({ hosts: new Set(["localhost"]) });
    const host = { host: "localhost" };
    await check(await post(path, body, host));
    await check(await post(path, body, { host: "evil" }));
    await check(await post(path, "{", host));
    await check(await post(path, "{}", host));
    await check(await post(path, body, { ...host, "content-type": "text/plain" }));
    await check(await post(path, " ".repeat(2 ** 21), host));
    await check(await post(path, body, { ...host, "idempotency-key": "" }));
    await check(await post(path, body, { ...host, ...keyed }));
    await check(await post(path, body.replaceAll("Burger", "Fries"), { ...host, ...keyed }));
    for (const outcome of ["failed", "full", "unknown"] as const) {
      state.outcome = outcome;
      state.batchOutcome = outcome;
      await check(await post(path, body, host));
    }
    state.outcome = new Error("mistake");
    state.batchOutcome = undefined as never;
    await check(await post(path, body, host));
    await check(
      await setUp({ apiKeys: await loadApiKeys(async () => `a ${"k".repeat(16)}`) }).post(path, body),
    );
    const rateLimit = createRateLimit({ ordersPerSecond: 1, burst: 1, now: () => 0 });
    rateLimit.take("address ", 1);
    await check(await setUp({ rateLimit }).post(path, body));
    expect([...statuses].sort()).toEqual(
      Object.keys(document.paths[path]?.post?.responses ?? {})
        .map(Number)
        .sort(),
    );
  });

  test("GET /orders/{id} and /health", async () => {
    const check = async (path: string, answer: Response) => expectDocumented(path, "get", answer);
    for (const found of [{ state: "placed", timestampMs: 0 } as const, undefined, "busy" as const]) {
      const { ask } = setUp({ tracker: { ...tracker, find: async () => found } });
      await check("/orders/{id}", await ask(`/orders/${ID}`));
    }
    const { ask, state } = setUp({ tracker, hosts: new Set(["localhost"]) });
    const headers = { host: "localhost" };
    await check("/orders/{id}", await ask(`/orders/${ID}?wait=1h`, { headers }));
    await check("/orders/{id}", await ask(`/orders/${ID}`));
    await check("/health", await ask("/health", { headers }));
    state.isReachable = false;
    await check("/health", await ask("/health", { headers }));
    await check("/health", await ask("/health"));
  });
});

describe("the page", () => {
  test("needs nothing but itself: no script, nothing from elsewhere, and it says so", async () => {
    const answer = await setUp({ tracker }).ask("/docs");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await answer.text();
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+=/i);
    expect([...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, target]) => target)).toEqual([
      "/openapi.json",
    ]);
    for (const path of Object.keys(document.paths)) expect(html).toContain(path);
    expect(html).toContain("curl -X POST &#x27;http://localhost/order&#x27;");
  });

  test("nothing of the Host header gets into it that could mean something", () => {
    for (const origin of ["http://a'$(reboot)'", 'http://"><script>alert(1)</script>']) {
      const html = renderDocs(document, origin);
      expect(html).not.toMatch(/reboot|<script/);
      expect(html).toContain("http://localhost:8201/order");
    }
  });
});
