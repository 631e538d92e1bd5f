/** How the runner of Confluent's own tests reads its arguments and what mocha and jest report. */
import { expect, test } from "bun:test";
import { readOptions, UsageError } from "./options.ts";
import { readJest, readMocha } from "./run-file.ts";

test("arguments", () => {
  expect(
    readOptions(["there", "--only", "e2e/", "--only", "admin", "--brokers", "b:1", "--details"]),
  ).toEqual({ checkout: "there", brokers: "b:1", node: undefined, only: ["e2e/", "admin"], details: true });
  expect(readOptions(["--help"])).toBeNull();
  for (const wrong of [[], ["one", "two"], ["there", "--what"]])
    expect(() => readOptions(wrong)).toThrow(UsageError);
});

test("mocha's report", () => {
  const failures = [{ fullTitle: "Admin deletes", err: { message: "no" } }];
  expect(readMocha(JSON.stringify({ stats: { passes: 3, pending: 1 }, failures }))).toEqual({
    ...{ passed: 3, skipped: 1, broken: null },
    failures: [{ title: "Admin deletes", message: "no" }],
  });
});

test("jest's report, and that of a file it could not load", () => {
  const of = (...statuses: string[]) =>
    statuses.map((status) => ({ status, fullName: `is ${status}`, failureMessages: ["a", "b"] }));
  const report = (assertionResults: unknown, message = "") =>
    readJest(JSON.stringify({ testResults: [{ message, assertionResults }] }));
  expect(report(of("passed", "passed", "failed", "pending", "todo"))).toEqual({
    ...{ passed: 2, skipped: 2, broken: null },
    failures: [{ title: "is failed", message: "a\nb" }],
  });
  expect(report([], "Cannot find module").broken).toBe("Cannot find module");
});
