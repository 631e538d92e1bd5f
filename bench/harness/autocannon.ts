/** Drives HTTP load with autocannon in a Node process of its own. */
import { join } from "node:path";
import { benchFolder } from "./out-folder.ts";
import { RunFailed } from "./subject-process.ts";
import { tellingLine } from "./telling-line.ts";

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Bodies of `POST /order`, sent in turn. */
  readonly bodies: readonly unknown[];
}

export interface LoadResult {
  /** Answers of 2xx within the measured time. */
  readonly accepted: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** All answers by status, those of the warm-up included. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly timeouts: number;
}

/**
 * @throws RunFailed when it can't be run, or anything else than 202 came back
 */
export async function runAutocannon(load: Load, signal: AbortSignal): Promise<LoadResult> {
  const node = Bun.which("node");
  if (!node) throw new RunFailed("autocannon runs under Node, and no `node` is on PATH");
  const child = Bun.spawn([node, join(benchFolder, "load/autocannon.mjs"), JSON.stringify(load)], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  signal.throwIfAborted();
  if (child.exitCode !== 0)
    throw new RunFailed(`autocannon ended with ${child.exitCode}: ${tellingLine(stderr)}`);
  const result: LoadResult = JSON.parse(stdout);
  const others = Object.entries(result.statuses).filter(([status]) => status !== "202");
  if (others.length > 0)
    throw new RunFailed(
      `answers other than 202: ${others.map(([status, n]) => `${n} × ${status}`).join(", ")}`,
    );
  if (result.errors > 0)
    throw new RunFailed(`${result.errors} requests failed, ${result.timeouts} of them timed out`);
  return result;
}
