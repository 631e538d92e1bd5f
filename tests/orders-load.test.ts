/** `orders load`: what it says of a server whose behaviour is known, and of the system. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "@campus/broker";
import { runOrders, spawnOrders } from "./support/orders-command.ts";
import { onEachOwnCluster } from "./support/own-clusters.ts";
import { startSystem } from "./support/system.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(60_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "campus-load-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Intake extends Disposable {
  readonly url: string;
  /** Orders of each request, in the order of their coming. */
  readonly requests: number[];
}

/** Takes orders as the producer does; `answer` may say otherwise, or take its time. */
function serveIntake(
  answer: (index: number, request: Request) => Response | undefined | Promise<Response | undefined> = () =>
    undefined,
): Intake {
  const requests: number[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (request.method === "HEAD") return new Response(null, { status: 404 });
      const body = (await request.json()) as { orders?: unknown[] };
      const count = body.orders?.length ?? 1;
      const other = await answer(requests.push(count) - 1, request);
      if (other) return other;
      const ids = Array.from({ length: count }, () => crypto.randomUUID());
      return Response.json(body.orders ? { order_ids: ids } : { order_id: ids[0] }, { status: 202 });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, requests, [Symbol.dispose]: () => void server.stop(true) };
}

const load = (url: string, ...args: string[]) => runOrders(["load", "--url", url, ...args]);

test("so many orders as are due at the rate, one a request or many", async () => {
  using intake = serveIntake();
  const one = await load(intake.url, "--rate", "100", "--for", "2s", "--json");
  expect(one.exitCode).toBe(0);
  expect(JSON.parse(one.stdout)).toMatchObject({ due: 200, accepted: 200, failures: [] });
  expect(JSON.parse(one.stdout).elapsedMs).toBeWithin(1_980, 4_000);
  expect(intake.requests).toEqual(Array(200).fill(1));
  intake.requests.length = 0;
  const many = await load(intake.url, "--rate", "2000", "--batch", "100", "--for", "500ms");
  expect(many.stdout).toMatch(/^ DUE\b.*\n1000 +1000 +0 /);
  expect(intake.requests).toEqual(Array(10).fill(100));
});

test("what a slow answer holds up counts with all of its wait", async () => {
  // One connection, and the first answer takes a second: 50 orders are due meanwhile.
  using intake = serveIntake(async (index) => {
    if (index === 0) await Bun.sleep(1_000);
    return undefined;
  });
  const ended = await load(intake.url, "--rate", "50", "--for", "2s", "--connections", "1", "--json");
  const { accepted, latencyMs } = JSON.parse(ended.stdout);
  expect(accepted).toBe(100);
  expect(latencyMs.max).toBeGreaterThan(950);
  // The waits of the first half run from one second down to nothing. Counted from when each was sent, p90 would be a few milliseconds.
  expect(latencyMs.p90).toBeGreaterThan(600);
});

test("orders that are not accepted are counted by status and reason, and end it with exit code 1", async () => {
  using intake = serveIntake((index) => {
    if (index % 4 === 1) return Response.json({ detail: "too many" }, { status: 429 });
    if (index % 4 === 2) return new Response("no JSON", { status: 202 });
    return undefined;
  });
  const ended = await load(intake.url, "--rate", "100", "--for", "400ms", "--json");
  expect(ended.exitCode).toBe(1);
  const { accepted, failures } = JSON.parse(ended.stdout);
  expect(accepted).toBe(20);
  expect(failures).toContainEqual({ status: 429, reason: "too many", orders: 10 });
  expect(failures).toContainEqual({ reason: expect.stringContaining("JSON"), orders: 10 });
});

test("a server that goes away, and one that was never there", async () => {
  const intake = serveIntake();
  const running = spawnOrders(["load", "--url", intake.url, "--rate", "50", "--for", "1s", "--json"]);
  await until("it is at it", () => intake.requests.length >= 10);
  intake[Symbol.dispose]();
  const { accepted, failures, due } = JSON.parse(await running.stdout.text());
  expect(await running.exited).toBe(1);
  expect(due).toBe(50);
  expect(accepted).toBeWithin(9, 50);
  expect(failures.reduce((sum: number, { orders }: { orders: number }) => sum + orders, accepted)).toBe(50);
  const nobody = await load(`http://127.0.0.1:${freePorts(1)[0]}`, "--for", "1s");
  expect(nobody).toMatchObject({ exitCode: 1, stdout: "" });
  expect(nobody.stderr).toContain("Is the system running?");
});

test("what no connection was free for is not left out", async () => {
  using intake = serveIntake(async (index) => {
    await Bun.sleep(index === 0 ? 0 : 8_000);
    return undefined;
  });
  const ended = await load(intake.url, "--rate", "10", "--for", "1s", "--connections", "2", "--json");
  const { due, accepted, failures } = JSON.parse(ended.stdout);
  expect([ended.exitCode, due, accepted]).toEqual([1, 10, 3]);
  expect(failures).toEqual([{ reason: "not sent: all 2 connections were busy to the end", orders: 7 }]);
});

test("Ctrl-C ends it with what there is by then", async () => {
  using intake = serveIntake();
  const running = spawnOrders(["load", "--url", intake.url, "--rate", "100", "--for", "1h", "--json"]);
  await until("it is at it", () => intake.requests.length >= 20);
  running.kill("SIGINT");
  const { due, accepted } = JSON.parse(await running.stdout.text());
  expect(await running.exited).toBe(0);
  expect(accepted).toBe(due);
  expect(accepted).toBe(intake.requests.length);
});

test("the key of a file is sent, and bad usage is said", async () => {
  const keys = new Set<string | null>();
  using intake = serveIntake((_, request) => {
    keys.add(request.headers.get("authorization"));
    return undefined;
  });
  await Bun.write(join(folder, "key"), "a-key-of-the-kiosk\n");
  await Bun.write(join(folder, "none"), "\n");
  const short = [intake.url, "--rate", "20", "--for", "100ms"] as const;
  expect((await load(...short, "--api-key-file", join(folder, "key"))).exitCode).toBe(0);
  expect([...keys]).toEqual(["Bearer a-key-of-the-kiosk"]);
  const refused = await Promise.all([
    load(...short, "--api-key-file", join(folder, "none")),
    load(...short, "--api-key-file", join(folder, "not-there")),
    load(...short, "--batch", "1001"),
    load("nowhere"),
    load(intake.url, "--rate", "0"),
    load(intake.url, "--for", "soon"),
  ]);
  expect(refused.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(Array(6).fill([2, ""]));
});

onEachOwnCluster("orders load", (cluster) => {
  test("the system takes all of it, and decides every one", async () => {
    const { brokers, environment } = cluster();
    await using system = await startSystem({ brokers, environment: { ...environment } });
    const ended = await load(system.url, "--rate", "1000", "--batch", "10", "--for", "3s", "--json");
    expect(ended.exitCode).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ due: 3_000, accepted: 3_000, failures: [] });
    const verified = await runOrders(["verify", "--wait", "20s", "--json", "--brokers", brokers]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ orders: 3_000, decisions: 3_000 });
    expect(verified.exitCode).toBe(0);
  });
});
