/** One run of a client into a topic of its own, or out of one that is full, and what is checked of it. */
import { ownSubject, runClient, sampleOf } from "./client-scenario.ts";
import { partitions } from "./client-settings.ts";
import type { Bench, Sample } from "./scenario.ts";
import type { Subject } from "./subject.ts";
import { RunFailed } from "./subject-process.ts";
import { faultInReading, faultInWriting, recordsIn } from "./topics.ts";

export interface ClientRun {
  readonly subject: Subject;
  readonly topic: string;
  /** Default: those of all client scenarios. */
  readonly partitions?: number;
  readonly records: number;
  readonly warmup: number;
  /** Default: the bench's `--seconds`. */
  readonly seconds?: number;
}

const fillSeconds = 300;

/** @throws RunFailed unless the topic holds afterwards what was acknowledged, and nothing else */
export async function produce(bench: Bench, run: ClientRun): Promise<Sample> {
  const measured = await runClient(bench, { ...run, work: "produce" });
  const fault = faultInWriting(
    measured,
    await recordsIn(bench.cluster, run.topic, run.partitions ?? partitions),
  );
  if (fault) throw new RunFailed(fault);
  return sampleOf(measured);
}

/** Puts the payloads into `topic`, over and over, with our own producer. Returns how many records it holds then. */
export async function fill(bench: Bench, topic: string, records: number): Promise<number> {
  const run = { subject: ownSubject, topic, records, warmup: 0, seconds: fillSeconds };
  const measured = await runClient(bench, { ...run, work: "produce" });
  const inTopic = await recordsIn(bench.cluster, topic, partitions);
  const fault = faultInWriting(measured, inTopic);
  if (fault) throw new Error(`the topic to read could not be filled: ${fault}`);
  return inTopic;
}

/**
 * `records` beyond the warm-up of a topic that holds both.
 * @throws RunFailed unless each was read once, as it was written
 */
export async function consume(bench: Bench, run: ClientRun): Promise<Sample> {
  const measured = await runClient(bench, { ...run, work: "consume" });
  const fault = faultInReading(measured, run.warmup + run.records, bench.payloads);
  if (fault) throw new RunFailed(fault);
  return { ...sampleOf(measured), lost: 0 };
}
