/** `bun start` as a user types it: what it says, that an order goes through, and that whatever is killed, nothing is left behind. */
import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apacheAvailable, freePorts } from "@campus/broker";
import { canListProcesses, processTree, stillRunning } from "./support/process-tree.ts";
import { neutralEnvironment } from "./support/service-process.ts";
import { readMetrics } from "./support/system.ts";
import { until } from "./support/until.ts";

const root = join(import.meta.dir, "..");
const apache = await apacheAvailable();
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
}, 60_000);

/** Runs `bun start` in a process group of its own, as a terminal does. */
async function runStart(...args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "campus-start-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const metricsFile = join(folder, "metrics_output.json");
  const [port] = freePorts(1);
  const child = Bun.spawn([process.execPath, "start", ...args.map((arg) => arg.replace("FOLDER", folder))], {
    cwd: root,
    detached: true,
    env: {
      ...neutralEnvironment(),
      PORT: String(port),
      MANAGEMENT_PORT: "0",
      ANALYTICS_METRICS_FILE: metricsFile,
      ANALYTICS_INTERVAL: "500ms",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const reading = [child.stdout, child.stderr].map(async (stream) => {
    for await (const bytes of stream) output += Buffer.from(bytes).toString();
  });
  let ended = false;
  const gone = Promise.all([child.exited, ...reading]).then(() => (ended = true));
  const started = { child, metricsFile, port: port!, output: () => output, hasEnded: () => ended };
  cleanups.push(async () => {
    if (ended) return;
    process.kill(-child.pid, "SIGINT");
    await waitFor(started, "bun start has ended", () => ended, 30_000);
    await gone;
  });
  await waitFor(started, "it says that it is up", () => output.includes("Try it:") || ended, 90_000);
  expect(output).toContain("The order system is up.");
  return started;
}

type Started = Awaited<ReturnType<typeof runStart>>;

async function waitFor(
  { output }: Pick<Started, "output">,
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 15_000,
): Promise<void> {
  await until(what, condition, { deadlineMs }).catch((error) => {
    throw new Error(`${error.message}. It said:\n${output().slice(-6000)}`);
  });
}

/** The line to try, tried: an order is accepted, decided and counted. */
async function tryItsLine(started: Started): Promise<void> {
  const line = /Try it: +(curl .*)/.exec(started.output())?.[1] ?? "";
  expect(line).toStartWith(
    `curl -X POST http://localhost:${started.port}/order -H 'Content-Type: application/json' -d '`,
  );
  const answer = await fetch(`http://localhost:${started.port}/order`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: /-d '(.*)'$/.exec(line)?.[1] ?? "",
  });
  expect(answer.status).toBe(202);
  await waitFor(started, "the order is decided and counted", async () => {
    const metrics = await readMetrics(started.metricsFile);
    return metrics?.total_orders === 1 && metrics.reserved_orders + metrics.failed_orders === 1;
  });
}

/** Ctrl-C, which a terminal sends to every process in its foreground. */
async function interrupt(started: Started): Promise<number> {
  const from = performance.now();
  process.kill(-started.child.pid, "SIGINT");
  await waitFor(started, "it ends after Ctrl-C", started.hasEnded, 30_000);
  expect(started.child.exitCode).toBe(0);
  return performance.now() - from;
}

test("embedded: a banner, an order by its line, and Ctrl-C ends all of it in order within 10 s", async () => {
  const started = await runStart();
  expect(started.output()).toContain("IN MEMORY");
  expect(started.output()).toContain(started.metricsFile);
  expect(started.output()).toMatch(/^producer +\| .*HTTP at /m);
  await tryItsLine(started);
  const tree = canListProcesses ? processTree(started.child.pid) : [];
  expect(await interrupt(started)).toBeLessThan(10_000);
  expect(stillRunning(tree)).toEqual([]);
  expect((await readMetrics(started.metricsFile))?.total_orders).toBe(1);
}, 120_000);

test.skipIf(!canListProcesses)(
  "a service that is killed is said, and ends the whole with its code",
  async () => {
    const started = await runStart();
    const tree = processTree(started.child.pid);
    const inventory = tree.find(({ command }) => command.includes("packages/inventory/src/main.ts"));
    process.kill(inventory!.pid, "SIGKILL");
    await waitFor(started, "it ends with its service", started.hasEnded, 30_000);
    expect(started.child.exitCode).toBe(137);
    expect(started.output()).toContain("inventory was killed by SIGKILL");
    expect(stillRunning(tree)).toEqual([]);
  },
  120_000,
);

test.skipIf(!canListProcesses)(
  "the supervisor killed: nothing is left running",
  async () => {
    const started = await runStart();
    const tree = processTree(started.child.pid);
    const supervisor = tree.find(({ command }) => command.includes("packages/start/src/main.ts"));
    process.kill(supervisor!.pid, "SIGKILL");
    const left = () => stillRunning(tree).map(({ command }) => command);
    await waitFor(started, "every process of it is gone", () => left().length === 0, 30_000).catch(
      (error) => {
        throw new Error(`${error.message}\nStill there:\n${left().join("\n")}`);
      },
    );
  },
  120_000,
);

test.skipIf(!apache.ok)(
  "--kafka: the same on real Apache Kafka, its data in a folder of choice",
  async () => {
    const started = await runStart("--kafka", "--data", "FOLDER/kafka");
    expect(started.output()).toMatch(/Kafka +Apache Kafka \d/);
    const tree = canListProcesses ? processTree(started.child.pid) : [];
    await tryItsLine(started);
    expect(await interrupt(started)).toBeLessThan(20_000);
    expect(stillRunning(tree)).toEqual([]);
  },
  180_000,
);
