/** Every row of what bad input gets: the status, a problem that names the fault, nothing given back, nothing published. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BATCH_MAX_BYTES, ORDER_MAX_BYTES } from "./order-routes.ts";
import { type Body, order, problemOf, setUp } from "./testing.ts";

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

describe("a field that stands twice: 400, since readers differ on which of them counts", () => {
  const fields = ['"user_id":"u"', '"item":"i"', '"quantity":1'];

  test.each([
    ...fields,
    '"quantity":2',
    '"\\u0071uantity":2',
    '"item":{"a":["b"]}',
    '"item":[{}]',
    '"item":null',
  ])("%s", async (field) => {
    const { post, published } = setUp();
    for (const all of [
      [...fields, field],
      [field, ...fields],
    ]) {
      // Where the later one is no order, that is said.
      for (const body of [`{${all.join()}}`, `{"orders":[${JSON.stringify(order)},{${all.join()}}]}`]) {
        const answer = await post(body.startsWith('{"orders') ? "/orders/batch" : "/order", body);
        expect([400, 422]).toContain(answer.status);
        const last = all.at(-1) as string;
        if (fields.includes(last) || last.endsWith(":2")) {
          const { detail } = await problemOf(answer, 400);
          expect(detail).toContain("more than once");
        }
      }
    }
    expect(published).toEqual([]);
  });

  test("the list of a batch", async () => {
    const { post, published } = setUp();
    const list = JSON.stringify([order]);
    await problemOf(await post("/orders/batch", `{"orders":[],"orders":${list}}`), 400);
    await problemOf(await post("/orders/batch", `{"orders":${list},"orders":${list}}`), 400);
    expect(published).toEqual([]);
  });

  test("quotes and backslashes in a text are no further texts", async () => {
    const { post, postJson, published } = setUp();
    const item = '"\\"" \\\\ {"a":"b","a":"c"} \\';
    const text = fc.string({
      unit: fc.constantFrom('"', "\\", "\n", "a", "\u2028", "😀"),
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(text, text, async (user_id, item) => {
        published.length = 0;
        expect((await postJson("/order", { user_id, item, quantity: 1 })).status).toBe(202);
        expect(published[0]?.payload).toEqual({ user_id, item, quantity: 1 });
      }),
    );
    expect((await postJson("/orders/batch", { orders: [order, { ...order, item }] })).status).toBe(202);
    const escaped = '{"\\u0075ser_id":"\\"","it\\u0065m":"\\\\","quantity":1}';
    expect((await post("/order", escaped)).status).toBe(202);
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

describe("memory for bodies that are being read", () => {
  const slow = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream({
      async pull(controller) {
        await promise;
        controller.enqueue(Buffer.from(JSON.stringify(order)));
        controller.close();
      },
    });
    return { body, finish: resolve };
  };

  test("is bounded over all requests: past it 503 at once; it comes back with the body, the error, or the end", async () => {
    const { post, postJson } = setUp({ bodyMemoryBytes: 2 * ORDER_MAX_BYTES });
    const [first, second] = [slow(), slow()];
    const waiting = [post("/order", first.body), post("/order", second.body)];
    const refused = await postJson("/order", order);
    expect(refused.headers.get("connection")).toBe("close");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await problemOf(refused, 503);
    first.finish();
    expect((await waiting[0])?.status).toBe(202);
    expect((await postJson("/order", order)).status).toBe(202);
    second.finish();
    await waiting[1];
    for (let n = 0; n < 10; n++) {
      const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
      await problemOf(await post("/order", broken), 400);
      await problemOf(await post("/order", new Uint8Array(ORDER_MAX_BYTES + 1)), 413);
    }
    expect((await postJson("/order", order)).status).toBe(202);
  });

  test("a declared length takes no more than it says", async () => {
    const { post } = setUp({ bodyMemoryBytes: 100 });
    const json = JSON.stringify(order);
    expect((await post("/order", json, { "content-length": String(json.length) })).status).toBe(202);
    await problemOf(await post("/order", json.padEnd(101), { "content-length": "101" }), 503);
  });
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
