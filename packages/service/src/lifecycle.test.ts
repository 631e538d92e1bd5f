import { afterEach, expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { resetSync } from "@logtape/logtape";
import { createLifecycle, type Lifecycle, type LifecycleOptions } from "./lifecycle.ts";
import { createLog } from "./log.ts";

function setUp(options: Partial<LifecycleOptions> = {}) {
  const lines: string[] = [];
  const exits: number[] = [];
  const order: string[] = [];
  const source = new EventEmitter();
  const lifecycle: Lifecycle = createLifecycle({
    log: createLog({ name: "tester", level: "debug", write: (line) => lines.push(line) }),
    exit: (code) => exits.push(code),
    source: source as unknown as NonNullable<LifecycleOptions["source"]>,
    ...options,
  });
  const step = (name: string) => lifecycle.onDrain(name, () => void order.push(name));
  return { lifecycle, lines, exits, order, source, step };
}

afterEach(resetSync);

test("a signal drains in reverse order and exits with 0", async () => {
  const { lifecycle, exits, order, source, step } = setUp();
  step("first");
  lifecycle.onDrain("second", async (remainingMs) => {
    await Promise.resolve();
    expect(remainingMs).toBeGreaterThan(9000);
    order.push("second");
  });
  step("third");
  source.emit("SIGTERM", "SIGTERM");
  expect(lifecycle.signal.aborted).toBe(true);
  await lifecycle.drain("asked again");
  expect(order).toEqual(["third", "second", "first"]);
  expect(exits).toEqual([0]);
});

test("a step that fails is said, the others run, the exit code is 1", async () => {
  const { lifecycle, lines, exits, order, step } = setUp();
  step("first");
  lifecycle.onDrain("broken", () => Promise.reject(new Error("no luck")));
  await lifecycle.drain("test");
  expect(order).toEqual(["first"]);
  expect(exits).toEqual([1]);
  expect(lines.join("\n")).toContain("drain step failed: broken: no luck");
});

test("a step that hangs is named at the deadline, and that is the end", async () => {
  const { lifecycle, lines, exits, order, step } = setUp({ deadlineMs: 20 });
  step("first");
  lifecycle.onDrain("stuck", () => new Promise(() => {}));
  await lifecycle.drain("test");
  expect(order).toEqual([]);
  expect(exits).toEqual([1]);
  expect(lines.join("\n")).toContain("given up at: stuck");
});

test("a second signal exits at once with the signal's code", async () => {
  const { lifecycle, exits, source } = setUp({ repeatMs: 0 });
  const { promise, resolve } = Promise.withResolvers<void>();
  lifecycle.onDrain("slow", () => promise);
  source.emit("SIGINT", "SIGINT");
  source.emit("SIGINT", "SIGINT");
  source.emit("SIGTERM", "SIGTERM");
  expect(exits).toEqual([130, 143]);
  resolve();
  await lifecycle.drain("end of test");
});

test("the same Ctrl-C passed on by a parent is not a second signal", async () => {
  const { lifecycle, exits, source } = setUp();
  source.emit("SIGINT", "SIGINT");
  source.emit("SIGTERM", "SIGTERM");
  await lifecycle.drain("end of test");
  expect(exits).toEqual([0]);
});

test("a failure says why in one line, drains and exits with 1", async () => {
  const { lifecycle, lines, exits, order, step } = setUp();
  step("first");
  await lifecycle.fail(new Error("the topic\nis gone"));
  expect(lines.filter((line) => line.includes("FATAL"))).toHaveLength(1);
  expect(lines[0]).toContain("FATAL   tester the topic\\u000ais gone");
  expect(order).toEqual(["first"]);
  expect(exits).toEqual([1]);
});

test("a failure during the drain turns its exit code to 1", async () => {
  const { lifecycle, exits, source } = setUp();
  lifecycle.onDrain("fails late", () => void source.emit("unhandledRejection", new Error("late")));
  await lifecycle.drain("test");
  expect(exits).toEqual([1]);
});

test("what was still waiting when the drain began ends with the signal's reason, which is no failure", async () => {
  const { lifecycle, lines, exits, source } = setUp();
  lifecycle.signal.addEventListener("abort", () => {
    source.emit("unhandledRejection", lifecycle.signal.reason);
    queueMicrotask(() => source.emit("unhandledRejection", lifecycle.signal.reason));
  });
  await lifecycle.drain("test");
  expect(exits).toEqual([0]);
  expect(lines.join("\n")).not.toContain("FATAL");
});

test("released, it no longer listens", () => {
  const { lifecycle, source } = setUp();
  expect(source.listenerCount("SIGTERM")).toBe(1);
  lifecycle.release();
  expect(source.eventNames().filter((name) => source.listenerCount(name) > 0)).toEqual([]);
});
