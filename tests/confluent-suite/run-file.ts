/** One file of the tests, run in a process of its own. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Stage } from "./stage.ts";

/** The longest one takes about five minutes. */
const limitMs = 15 * 60_000;

/** Of a test in the files that leave it to the command line, as the client's Makefile does. */
const testTimeoutMs = 120_000;

export interface Failure {
  readonly title: string;
  readonly message: string;
}

export interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
  /** Why there are no figures: the file can't be loaded, or did not end. */
  readonly broken: string | null;
}

export interface Runtime {
  readonly brokers: string;
  /** On Bun the client's addon is replaced. */
  readonly name: "bun" | "node";
}

/** Files of the KafkaJS-shaped API are jest's, the others mocha's. */
const isJest = (file: string): boolean => file.startsWith("test/promisified/");

export async function runFile(stage: Stage, file: string, { brokers, name }: Runtime): Promise<Outcome> {
  const report = join(stage.folder, "report.json");
  rmSync(report, { force: true });
  const preload = fileURLToPath(import.meta.resolve("@campus/confluent/register"));
  const runtime = name === "bun" ? [process.execPath, "--preload", preload] : [Bun.which("node") ?? "node"];
  const child = Bun.spawn([...runtime, ...commandOf(stage, file, report)], {
    cwd: stage.folder,
    env: { ...process.env, KAFKA_HOST: brokers },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (!existsSync(report)) return broken(`${stdout}\n${stderr}`.trim().slice(-2_000));
  const text = await Bun.file(report).text();
  return isJest(file) ? readJest(text) : readMocha(text);
}

function commandOf(stage: Stage, file: string, report: string): string[] {
  if (isJest(file)) {
    const limits = ["--testTimeout", String(testTimeoutMs)];
    const output = ["--silent", "--json", "--outputFile", report];
    return [stage.tool("jest/bin/jest.js"), "--ci", "--runInBand", "--forceExit", ...limits, ...output, file];
  }
  // The unit tests export their cases; those that need brokers describe them.
  const style = file.startsWith("e2e/")
    ? ["--ui", "bdd", "--timeout", String(testTimeoutMs)]
    : ["--ui", "exports"];
  const output = ["--reporter", "json", "--reporter-option", `output=${report}`];
  return [stage.tool("mocha/bin/_mocha"), "--exit", ...style, ...output, file];
}

const broken = (reason: string): Outcome => ({ passed: 0, skipped: 0, failures: [], broken: reason });

interface MochaReport {
  stats: { passes: number; pending: number };
  failures: { fullTitle: string; err: { message?: string } }[];
}

export function readMocha(text: string): Outcome {
  const { stats, failures } = JSON.parse(text) as MochaReport;
  return {
    passed: stats.passes,
    skipped: stats.pending,
    failures: failures.map(({ fullTitle, err }) => ({ title: fullTitle, message: err.message ?? "" })),
    broken: null,
  };
}

interface JestReport {
  testResults: {
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}

export function readJest(text: string): Outcome {
  const { testResults } = JSON.parse(text) as JestReport;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  if (tests.length === 0) return broken(testResults.map(({ message }) => message).join("\n"));
  const count = (...statuses: string[]): number =>
    tests.filter(({ status }) => statuses.includes(status)).length;
  return {
    passed: count("passed"),
    skipped: count("pending", "todo", "disabled"),
    failures: tests
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => ({ title: fullName, message: failureMessages.join("\n") })),
    broken: null,
  };
}
