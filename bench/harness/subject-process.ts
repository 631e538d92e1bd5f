/** Runs a subject to its end and watches it from outside: peak memory and CPU time are measured alike for every language. */
import { librdkafkaText } from "./client-settings.ts";
import { outFolder } from "./out-folder.ts";
import { peakRssBytes } from "./process-usage.ts";
import { profiled, watchThreads } from "./profile.ts";
import type { Measured, Outcome, Subject, Work, WorkSettings } from "./subject.ts";
import { tellingLine } from "./telling-line.ts";

/** A run that gave no figures, with the reason. */
export class RunFailed extends Error {}

const memoryPollMs = 100;
/** On top of what the work itself may take: start, group join, flush, a slow peer's last batch. */
const graceMs = 45_000;

/** What a program is told, see subjects/subject.ts. */
export function environmentOf(settings: WorkSettings): Record<string, string> {
  return {
    BENCH_BROKERS: settings.brokers,
    BENCH_TOPIC: settings.topic,
    BENCH_GROUP: settings.groupId,
    BENCH_PAYLOAD: settings.payloadFile,
    BENCH_RECORDS: String(settings.records),
    BENCH_SECONDS: String(settings.seconds),
    BENCH_WARMUP: String(settings.warmup),
    BENCH_IDLE_SECONDS: String(settings.idleSeconds),
    BENCH_LINGER_MS: String(settings.lingerMs),
    BENCH_BATCH_BYTES: String(settings.batchBytes),
    BENCH_QUEUE_RECORDS: String(settings.queueRecords),
    BENCH_QUEUE_BYTES: String(settings.queueBytes),
    BENCH_PRODUCER_PROPERTIES: librdkafkaText(settings.producerProperties),
    BENCH_CONSUMER_PROPERTIES: librdkafkaText(settings.consumerProperties),
  };
}

/**
 * @throws RunFailed when it ends badly, prints no outcome, or takes too long
 */
export async function runSubject(
  subject: Subject,
  work: Work,
  settings: WorkSettings,
  signal: AbortSignal,
): Promise<Measured> {
  const command = subject.command(work, settings);
  const child = Bun.spawn(profiled(command), {
    cwd: subject.cwd ?? outFolder,
    env: { ...process.env, ...environmentOf(settings), ...subject.environment },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  watchThreads(command, child);
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakRssBytes(child.pid) ?? 0);
  }, memoryPollMs);
  const limitMs = (settings.seconds + settings.idleSeconds) * 1000 + graceMs;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, limitMs);
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  clearInterval(watch);
  clearTimeout(timer);
  signal.throwIfAborted();
  if (late) throw new RunFailed(`had not ended after ${limitMs / 1000} s${because(stderr)}`);
  if (child.exitCode !== 0) {
    const how = child.signalCode
      ? `was ended by ${child.signalCode}`
      : `ended with exit code ${child.exitCode}`;
    throw new RunFailed(`${how}${because(stderr || stdout)}`);
  }
  const usage = child.resourceUsage()!;
  const outcome = subject.parse ? subject.parse(stdout, work, settings) : parseLine(stdout, stderr);
  return {
    ...outcome,
    peakRssMb: (peak || usage.maxRSS) / 1e6,
    cpuSeconds: Number(usage.cpuTime.total) / 1e6,
  };
}

function parseLine(stdout: string, stderr: string): Outcome {
  const line = stdout.split("\n").findLast((candidate) => candidate.startsWith("{"));
  if (line === undefined) throw new RunFailed(`printed no outcome${because(stderr || stdout)}`);
  return JSON.parse(line);
}

function because(output: string): string {
  const line = tellingLine(output);
  return line ? `: ${line}` : "";
}
