/** Load over HTTP from a generator in a process of its own: wrk or oha, which are faster than any server here, or autocannon under Node. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ohaProgram, ohaVersion } from "./oha.ts";
import { benchFolder, outFolder } from "./out-folder.ts";
import { RunFailed } from "./subject-process.ts";
import { tellingLine } from "./telling-line.ts";

export interface HttpLoad {
  readonly url: string;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** In JSON, sent in turn. */
  readonly bodies: readonly string[];
  /** Requests a second, whatever the answers (an open loop); latencies are then corrected for coordinated omission. Not wrk. */
  readonly rate?: number;
}

export interface HttpLoadResult {
  /** Requests answered 202 within the measured time. */
  readonly accepted: number;
  /** The same with the warm-up. */
  readonly acceptedInAll: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly p9999Ms?: number;
  /** Of all of these percentiles, the time in milliseconds. */
  readonly curve?: readonly (readonly [percentile: number, ms: number])[];
}

export type Generator = "wrk" | "oha" | "autocannon";

/** What each is, for the report. */
export const generatorTitles: Readonly<Record<Generator, string>> = {
  wrk: "wrk, one thread",
  oha: `oha ${ohaVersion}`,
  autocannon: "autocannon 9.0.0 under Node, one process",
};

/** The one for a closed loop that is not the bottleneck, where there is one. */
export function fastestGenerator(): Generator {
  if (Bun.which("wrk")) return "wrk";
  return existsSync(ohaProgram) ? "oha" : "autocannon";
}

/** @throws RunFailed when it can't be run, or anything else than 202 came back */
export function generateLoad(
  generator: Generator,
  load: HttpLoad,
  signal: AbortSignal,
): Promise<HttpLoadResult> {
  const run = { wrk: runWrk, oha: runOha, autocannon: runAutocannon }[generator];
  return run(load, signal);
}

/** What oha prints, as far as it is read. Seconds. */
interface OhaSummary {
  readonly summary: { readonly total: number };
  readonly latencyPercentiles: Readonly<Record<string, number>>;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
  readonly errorDistribution: Readonly<Record<string, number>>;
}

async function runOha(load: HttpLoad, signal: AbortSignal): Promise<HttpLoadResult> {
  const { url, path, connections, seconds, warmupSeconds, bodies, rate } = load;
  const file = join(outFolder, "bodies.txt");
  await Bun.write(file, bodies.join("\n"));
  const runFor = async (duration: number): Promise<OhaSummary> => {
    const pace = rate === undefined ? [] : ["-q", String(rate), "--latency-correction"];
    const request = ["-m", "POST", "-T", "application/json", "-Z", file, url + path];
    // -w: the last requests are waited for.
    const settings = ["-z", `${duration}s`, "-w", "-c", String(connections), "-t", "30s", ...pace];
    const program = [ohaProgram, ...settings, "--no-tui", "--output-format", "json", ...request];
    const summary = JSON.parse(await run("oha", program, signal)) as OhaSummary;
    requireOnly202(summary.statusCodeDistribution);
    const failed = Object.entries(summary.errorDistribution).map(([why, count]) => `${count} × ${why}`);
    if (failed.length > 0) throw new RunFailed(`requests failed: ${failed.join(", ")}`);
    return summary;
  };
  const warmup = await runFor(warmupSeconds);
  const { summary, latencyPercentiles, statusCodeDistribution } = await runFor(seconds);
  const accepted = statusCodeDistribution["202"] ?? 0;
  const ms = (name: string) => 1_000 * latencyPercentiles[name]!;
  return {
    accepted,
    acceptedInAll: accepted + (warmup.statusCodeDistribution["202"] ?? 0),
    seconds: summary.total,
    ...{ p50Ms: ms("p50"), p99Ms: ms("p99"), p999Ms: ms("p99.9"), p9999Ms: ms("p99.99") },
    curve: Object.keys(latencyPercentiles).map((name) => [Number(name.slice(1)), ms(name)] as const),
  };
}

function requireOnly202(statuses: Readonly<Record<string, number>>): void {
  const others = Object.entries(statuses).filter(([status]) => status !== "202");
  if (others.length === 0) return;
  const counts = others.map(([status, count]) => `${count} × ${status}`).join(", ");
  throw new RunFailed(`answers other than 202: ${counts}`);
}

async function runAutocannon(load: HttpLoad, signal: AbortSignal): Promise<HttpLoadResult> {
  const node = Bun.which("node");
  if (!node) throw new RunFailed("autocannon runs under Node, and no `node` is on PATH");
  const file = join(outFolder, "autocannon.json");
  await Bun.write(file, JSON.stringify(load));
  const program = [node, join(benchFolder, "load/autocannon.mjs"), file];
  const { statuses, errors, timeouts, ...result } = JSON.parse(await run("autocannon", program, signal)) as {
    readonly statuses: Readonly<Record<string, number>>;
    readonly errors: number;
    readonly timeouts: number;
  } & Omit<HttpLoadResult, "acceptedInAll">;
  requireOnly202(statuses);
  if (errors > 0) throw new RunFailed(`${errors} requests failed, ${timeouts} of them timed out`);
  return { ...result, acceptedInAll: statuses["202"] ?? 0 };
}

async function runWrk(load: HttpLoad, signal: AbortSignal): Promise<HttpLoadResult> {
  const { url, path, connections, seconds, warmupSeconds, bodies } = load;
  await requireAccepted(load, signal);
  const file = join(outFolder, "bodies.txt");
  await Bun.write(file, bodies.join("\n"));
  const runFor = async (duration: number): Promise<WrkSummary> => {
    const settings = ["-t1", `-c${connections}`, `-d${duration}s`, "--timeout", "10s"];
    const script = join(benchFolder, "load/wrk.lua");
    const output = await run("wrk", ["wrk", ...settings, "-s", script, url, "--", path, file], signal);
    const summary = JSON.parse(output.split("\n").findLast((line) => line.startsWith("{"))!) as WrkSummary;
    const { refused, errors, timeouts } = summary;
    if (refused + errors + timeouts > 0) {
      throw new RunFailed(
        `${refused} answers of 4xx or 5xx, ${errors} broken connections, ${timeouts} timed out`,
      );
    }
    return summary;
  };
  const warmup = await runFor(warmupSeconds);
  const { requests, ...measured } = await runFor(seconds);
  return { ...measured, accepted: requests, acceptedInAll: warmup.requests + requests };
}

interface WrkSummary extends Omit<HttpLoadResult, "accepted" | "acceptedInAll"> {
  readonly requests: number;
  readonly refused: number;
  readonly errors: number;
  readonly timeouts: number;
}

/** Wrk tells 4xx and 5xx from the rest, and no more. */
async function requireAccepted({ url, path, bodies }: HttpLoad, signal: AbortSignal): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { status } = await fetch(url + path, { method: "POST", headers, body: bodies[0]!, signal });
  if (status !== 202) throw new RunFailed(`an order was answered ${status}`);
}

async function run(name: string, command: readonly string[], signal: AbortSignal): Promise<string> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "pipe"], signal });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  signal.throwIfAborted();
  if (child.exitCode !== 0) {
    throw new RunFailed(`${name} ended with ${child.exitCode}: ${tellingLine(stderr || stdout)}`);
  }
  return stdout;
}
