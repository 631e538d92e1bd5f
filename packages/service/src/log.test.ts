import { afterAll, describe, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import fc from "fast-check";
import { LOG_FORMATS } from "./common-settings.ts";
import { createLog, type LogOptions } from "./log.ts";

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  return { log: createLog({ name: "tester", ...options, write: (line) => lines.push(line) }), lines };
}

afterAll(resetSync);

test("a pretty line: time, level, name, message, what else there is", () => {
  const { log, lines } = capture();
  log.info("listening", { url: "http://127.0.0.1:1", brokers: ["a:1"], note: "two words", offset: 7n });
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {4}tester listening url=http:\/\/127\.0\.0\.1:1 /);
  expect(lines[0]).toEndWith('brokers=["a:1"] note="two words" offset=7');
});

test("a JSON line: an object with the same", () => {
  const { log, lines } = capture({ format: "json" });
  log.info("listening", { url: "http://127.0.0.1:1" });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    logger: "tester",
    message: "listening",
    url: "http://127.0.0.1:1",
  });
});

test("a placeholder is filled in and not said twice", () => {
  const { log, lines } = capture();
  log.error("failed: {error}", { error: new TypeError("no"), attempt: 2 });
  expect(lines[0]).toEndWith("ERROR   tester failed: TypeError: no attempt=2");
});

test("lines below the level are dropped, those of children carry both names", () => {
  const { log, lines } = capture({ level: "warning" });
  log.info("no");
  log.getChild("kafka").warn("yes");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("tester.kafka yes");
});

test("a property can't pass for the head of a JSON line", () => {
  const { log, lines } = capture({ format: "json" });
  log.info("true message", { level: "fatal", logger: "other", message: "false" });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    logger: "tester",
    message: "true message",
  });
});

describe.each([...LOG_FORMATS])("%s lines can't be injected into", (format) => {
  test("whatever stands in a value, a name or the message", () => {
    const { log, lines } = capture({ format });
    const anything = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(anything, anything, anything, (message, key, value) => {
        lines.length = 0;
        log.info(message, { [key]: value, error: new Error(value), deep: { [key]: [value] } });
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]+$/u);
        if (format === "json") JSON.parse(lines[0] ?? "");
      }),
      { numRuns: 500 },
    );
  });

  test("half a surrogate, a terminal's escape, a line feed", () => {
    const { log, lines } = capture({ format });
    log.info("a\ud800 {b}", { b: "\u001b[2J\r\nINFO forged\u2028\u009b" });
    expect(lines[0]).toMatch(/^[^\p{Cc}\p{Zl}\p{Cs}]+$/u);
  });

  test("a value without end is cut, one that JSON can't hold is said so", () => {
    const { log, lines } = capture({ format });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    log.info("values", { long: "x".repeat(1e6), list: Array(1e5).fill("y"), circle, missing: undefined });
    expect(lines[0]?.length).toBeLessThan(15_000);
    expect(lines[0]).toContain("more)");
    expect(lines[0]).toContain("(a value that JSON can't hold)");
  });
});
