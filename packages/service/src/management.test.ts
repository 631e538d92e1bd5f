import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { createLog } from "./log.ts";
import { type Management, startManagement } from "./management.ts";
import { Counter, createMetrics } from "./metrics.ts";
import { createReadiness } from "./readiness.ts";

const running: Management[] = [];

function start(options: { port?: number; defaultPort?: number } = {}) {
  const lines: string[] = [];
  const readiness = createReadiness();
  const metrics = createMetrics();
  const management = startManagement({
    host: "127.0.0.1",
    port: "port" in options ? options.port : 0,
    defaultPort: options.defaultPort ?? 0,
    readiness,
    metrics,
    log: createLog({ name: "tester", write: (line) => lines.push(line) }),
  });
  running.push(management);
  return { url: management.url, readiness, metrics, lines };
}

async function healthCheck(...args: string[]) {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/health-check.ts`, ...args], {
    stderr: "pipe",
  });
  return { exitCode: await child.exited, said: await child.stderr.text() };
}

afterEach(async () => {
  resetSync();
  await Promise.all(running.splice(0).map((management) => management.stop()));
});

test("/live answers, /ready says why not", async () => {
  const { url, readiness } = start();
  expect((await fetch(`${url}/live`)).status).toBe(200);
  expect(await (await fetch(`${url}/ready`)).json()).toEqual({ status: "ready" });
  readiness.block("kafka", "no broker answers");
  const answer = await fetch(`${url}/ready`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: "not ready", reasons: { kafka: "no broker answers" } });
  readiness.clear("kafka");
  expect((await fetch(`${url}/ready`)).status).toBe(200);
});

test("/metrics has the process's and the service's", async () => {
  const { url, metrics } = start();
  new Counter({ name: "orders_total", help: "Orders.", registers: [metrics] }).inc(3);
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const samples = await answer.text();
  expect(samples).toContain("orders_total 3");
  const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(samples)?.[1]);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(value("process_heap_used_bytes")).toBeGreaterThan(1e5);
  expect(value("process_event_loop_lag_seconds")).toBeLessThan(5);
  const startedAt = Date.now() / 1000 - process.uptime();
  expect(Math.abs(value("process_start_time_seconds") - startedAt)).toBeLessThan(5);
});

test("anything else is refused", async () => {
  const { url } = start();
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/ready`, { method: "POST" })).status).toBe(405);
});

test("the default port, if it is taken, gives way to a free one", () => {
  const takenPort = Number(new URL(start().url).port);
  const second = start({ port: undefined as never, defaultPort: takenPort });
  expect(Number(new URL(second.url).port)).not.toBe(takenPort);
  expect(second.lines[0]).toContain(`port ${takenPort} is taken`);
  expect(() => start({ port: takenPort })).toThrow(/port/);
});

test("the health check's exit code follows readiness", async () => {
  const { url, readiness } = start();
  expect(await healthCheck(`${url}/ready`)).toEqual({ exitCode: 0, said: "" });
  readiness.block("kafka", "no broker answers");
  const refused = await healthCheck(`${url}/ready`);
  expect(refused.exitCode).toBe(1);
  expect(refused.said).toContain("503");
  expect(refused.said).toContain("no broker answers");
  await running.pop()?.stop();
  expect((await healthCheck(`${url}/ready`)).exitCode).toBe(1);
});
