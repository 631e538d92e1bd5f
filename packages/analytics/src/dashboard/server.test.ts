import { afterAll, beforeAll, expect, test } from "bun:test";
import { allowedHosts, createLog } from "@campus/service";
import { createFeed, type Feed } from "./feed.ts";
import { type Dashboard, startDashboard } from "./server.ts";

const totals = { orders: 10, reserved: 8, failed: 1, ordersPerMinute: 10, events: 19 };
const log = createLog({ name: "test", write: () => undefined });
const asked = { cluster: 0, opened: 0, closed: 0 };

let feed: Feed;
let dashboard: Dashboard;
let producer: ReturnType<typeof Bun.serve>;
const placed: { type: string | null; body: unknown }[] = [];

beforeAll(() => {
  producer = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      placed.push({ type: request.headers.get("content-type"), body: await request.json() });
      return Response.json({ order_id: "o", status: "accepted" }, { status: 202 });
    },
  });
  feed = createFeed({
    totals: async () => totals,
    async readCluster() {
      asked.cluster++;
      return { groups: [], atMs: 0 };
    },
    async openDeadLetters() {
      asked.opened++;
      return { counts: { "order-events.dlq": 3 }, close: async () => void asked.closed++ };
    },
    log,
    startedAtMs: Date.now(),
    tickMs: 10,
  });
  dashboard = startDashboard({
    feed,
    host: "127.0.0.1",
    port: 0,
    defaultPort: 8202,
    hosts: allowedHosts(undefined, "127.0.0.1"),
    producerUrl: `http://127.0.0.1:${producer.port}`,
    log,
  });
});
afterAll(async () => {
  await dashboard.stop();
  await feed.close();
  await producer.stop(true);
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("not within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The first events of the stream: their names and data. */
async function follow(count: number): Promise<[string, Record<string, unknown>][]> {
  const leave = new AbortController();
  const response = await fetch(`${dashboard.url}/events`, { signal: leave.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  let text = "";
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  while (text.split("\n\n").length <= count) text += (await reader.read()).value ?? "";
  leave.abort();
  return [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, name, data]) => [
    name!,
    JSON.parse(data!),
  ]);
}

test("the page and all its parts come from here, and it may load nothing else", async () => {
  const page = await fetch(dashboard.url);
  const html = await page.text();
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  const parts = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);
  expect(parts.length).toBeGreaterThan(3);
  for (const path of [...parts, "/charts.js", "/uplot.js"]) {
    const part = await fetch(dashboard.url + path);
    expect([path, part.status]).toEqual([path, 200]);
    expect((await part.text()).length).toBeGreaterThan(50);
  }
  expect(html).not.toMatch(/https?:\/\//);
});

test("figures as the metrics file has them", async () => {
  const report = (await (await fetch(`${dashboard.url}/metrics.json`)).json()) as Record<string, unknown>;
  expect(report).toMatchObject({
    total_orders: 10,
    reserved_orders: 8,
    failed_orders: 1,
    success_rate_percent: 88.89,
    failure_rate_percent: 11.11,
  });
  expect(Object.keys(report)).toHaveLength(9);
});

test("a viewer gets the history, then a snapshot after the other; Kafka is asked while somebody looks and not longer", async () => {
  await until(() => asked.cluster === 0);
  const before = asked.cluster;
  const events = await follow(4);
  expect(events[0]![0]).toBe("history");
  expect(events.slice(1).map(([name]) => name)).toEqual(events.slice(1).map(() => "snapshot"));
  expect(events.at(-1)![1]).toMatchObject({
    report: { total_orders: 10 },
    cluster: { groups: [] },
    trouble: null,
  });
  expect(asked.cluster).toBeGreaterThan(before);
  expect(asked.opened).toBe(1);
  await until(() => asked.closed === 1 && feed.viewers === 0);
  const after = asked.cluster;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(asked.cluster).toBe(after);
});

test("an order of the form goes to the producer and its answer comes back", async () => {
  const order = { user_id: "u", item: "Burger", quantity: 2 };
  const send = (headers: Record<string, string>, url = dashboard.url) =>
    fetch(`${url}/order`, { method: "POST", headers, body: JSON.stringify(order) });
  const response = await send({ "content-type": "application/json", "sec-fetch-site": "same-origin" });
  expect([response.status, await response.json()]).toEqual([202, { order_id: "o", status: "accepted" }]);
  expect(placed).toEqual([{ type: "application/json", body: order }]);
  // Another site's page can send neither of these without asking first.
  expect((await send({ "content-type": "application/json", "sec-fetch-site": "cross-site" })).status).toBe(
    403,
  );
  expect((await send({ "content-type": "text/plain" })).status).toBe(415);
  expect((await send({ "content-type": "application/json", host: "evil.example" })).status).toBe(421);
  expect(placed).toHaveLength(1);
});

test("what is not there, and a producer that is not, are said", async () => {
  expect((await fetch(`${dashboard.url}/nothing`)).status).toBe(404);
  expect((await fetch(`${dashboard.url}/metrics.json`, { method: "PUT" })).status).toBe(405);
  expect((await fetch(`${dashboard.url}/order`)).status).toBe(405);
  const alone = startDashboard({
    feed,
    host: "127.0.0.1",
    port: 0,
    defaultPort: 8202,
    hosts: undefined,
    producerUrl: "http://127.0.0.1:9",
    log,
  });
  const response = await fetch(`${alone.url}/order`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect([response.status, await response.json()]).toEqual([
    502,
    { status: 502, detail: expect.stringContaining("DASHBOARD_PRODUCER_URL") },
  ]);
  await alone.stop();
});
