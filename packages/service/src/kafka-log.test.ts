import { afterAll, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { kafkaLogHandlers } from "./kafka-log.ts";
import { createLog } from "./log.ts";

afterAll(resetSync);

function setUp() {
  const lines: string[] = [];
  const fatal: Error[] = [];
  const log = createLog({ name: "tester", level: "debug", write: (line) => lines.push(line) });
  return { lines, fatal, handlers: kafkaLogHandlers({ log, onFatal: (error) => fatal.push(error) }) };
}

test.each([
  [3, "WARNING"],
  [4, "WARNING"],
  [6, "INFO"],
  [7, "DEBUG"],
])("a line of syslog level %d is logged as %s", (level, word) => {
  const { lines, handlers } = setUp();
  handlers.onLog({ level, facility: "FAIL", message: "connection refused" });
  expect(lines[0]).toMatch(new RegExp(`${word} +tester.kafka FAIL: connection refused$`));
});

test("an error is a warning, a fatal one ends the service", () => {
  const { lines, fatal, handlers } = setUp();
  handlers.onError(Object.assign(new Error("all brokers down"), { fatal: false }));
  expect(lines[0]).toContain("all brokers down");
  expect(fatal).toEqual([]);
  const error = Object.assign(new Error("fenced"), { fatal: true });
  handlers.onError(error);
  expect(fatal).toEqual([error]);
});
