import { afterAll, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { kafkaLogHandlers } from "./kafka-log.ts";
import { createLog } from "./log.ts";

afterAll(resetSync);

function setUp() {
  const lines: string[] = [];
  const fatal: Error[] = [];
  const log = createLog({ name: "tester", level: "debug", write: (line) => lines.push(line) });
  const clock = { now: 0 };
  const handlers = kafkaLogHandlers({ log, onFatal: (error) => fatal.push(error), now: () => clock.now });
  return { lines, fatal, clock, handlers };
}

test.each([
  [3, "WARNING"],
  [4, "WARNING"],
  [6, "INFO"],
  [7, "DEBUG"],
])("a line of syslog level %d is logged as %s", (level, word) => {
  const { lines, handlers } = setUp();
  handlers.onLog({ level, facility: "CONFWARN", message: "odd setting" });
  expect(lines[0]).toMatch(new RegExp(`${word} +tester.kafka CONFWARN: odd setting$`));
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

test("an outage is told once in ten seconds, each kind of error for itself", () => {
  const { lines, clock, handlers } = setUp();
  const down = Object.assign(new Error("all brokers down"), { name: "_ALL_BROKERS_DOWN", fatal: false });
  const refused = Object.assign(new Error("refused"), { name: "_TRANSPORT", fatal: false });
  for (clock.now = 0; clock.now <= 25_000; clock.now += 500) {
    handlers.onError(down);
    handlers.onError(refused);
    handlers.onLog({ level: 3, facility: "FAIL", message: "refused" });
  }
  const warnings = lines.filter((line) => line.includes("WARNING"));
  expect(warnings.filter((line) => line.includes("all brokers down"))).toHaveLength(3);
  expect(warnings).toHaveLength(6);
});
