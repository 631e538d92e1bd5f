/** What the client scenarios share: who takes part, with which settings, and what a run's figures are. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { libraryVersion } from "@campus/kafka";
import { clientSettings, librdkafkaConsumer, librdkafkaProducer } from "./client-settings.ts";
import { benchFolder } from "./out-folder.ts";
import { ours, type RoundSubject } from "./rounds.ts";
import type { Bench, Sample } from "./scenario.ts";
import type { Measured, Subject, Work, WorkSettings } from "./subject.ts";
import { RunFailed, runSubject } from "./subject-process.ts";
import { scratchName } from "./topics.ts";

const ownProgram = (work: Work) => [process.execPath, join(benchFolder, "subjects", `${work}.ts`)];

/** Our own programs. */
export const ownSubject: Subject = {
  name: ours,
  title: "@campus/kafka on Bun",
  works: ["produce", "consume", "latency", "memory"],
  command: ownProgram,
  notes: { consume: "from the columns of each batch, no object a record" },
};

const ownRecordsSubject: Subject = {
  name: "ours-records",
  title: "@campus/kafka on Bun",
  works: ["consume"],
  command: (work) => [...ownProgram(work), "records"],
  notes: { consume: "by the records of each batch, an object and two views each" },
};

export type ClientSubject = RoundSubject & { readonly subject: Subject };

/** Ours and the peers' that do this kind of work. */
export function clientSubjects({ peers }: Bench, work: Work, delivery: string): ClientSubject[] {
  const all = [ownSubject, ownRecordsSubject, ...peers.flatMap(({ subjects }) => subjects)];
  return all
    .filter(({ works }) => works.includes(work))
    .map((subject) => ({
      subject,
      name: subject.name,
      title: subject.title,
      delivery: [delivery, subject.notes?.[work]].filter(Boolean).join("; "),
    }));
}

export interface ClientWork {
  readonly subject: Subject;
  readonly work: Work;
  readonly topic: string;
  readonly records: number;
  readonly warmup: number;
  readonly lingerMs?: number;
  readonly idleSeconds?: number;
  /** Default: the bench's `--seconds`. */
  readonly seconds?: number;
  readonly autoOffsetReset?: "earliest" | "latest";
}

/** What a subject is told about a run of its work, in a group of its own. */
export function workSettings(bench: Bench, run: Omit<ClientWork, "subject" | "work">): WorkSettings {
  const base = {
    ...clientSettings,
    brokers: bench.cluster.brokers,
    groupId: scratchName("group"),
    lingerMs: run.lingerMs ?? clientSettings.lingerMs,
  };
  return {
    ...base,
    topic: run.topic,
    payloadFile: bench.payloads.records,
    payloadLinesFile: bench.payloads.lines,
    records: run.records,
    seconds: run.seconds ?? bench.options.seconds,
    warmup: run.warmup,
    idleSeconds: run.idleSeconds ?? 0,
    producerProperties: librdkafkaProducer(base),
    consumerProperties: librdkafkaConsumer({
      ...base,
      topic: run.topic,
      autoOffsetReset: run.autoOffsetReset ?? "earliest",
    }),
  };
}

/** Runs a subject once. */
export async function runClient(bench: Bench, run: ClientWork): Promise<Measured> {
  const measured = await runSubject(run.subject, run.work, workSettings(bench, run), bench.signal);
  requireOurLibrary(measured);
  return measured;
}

/** A subject that says which librdkafka it ran on must have run on ours, or the comparison is of two libraries. */
function requireOurLibrary({ library }: Measured): void {
  const own = realpathSync(libraryVersion().path);
  if (library !== undefined && library !== own)
    throw new RunFailed(`it ran on ${library}, where ours runs on ${own}`);
}

export function sampleOf(measured: Measured): Sample {
  const { records, seconds, p50Us, p99Us, peakRssMb, cpuSeconds, lost } = measured;
  return {
    count: records,
    seconds,
    rate: records / seconds,
    p50Ms: p50Us === undefined ? undefined : p50Us / 1000,
    p99Ms: p99Us === undefined ? undefined : p99Us / 1000,
    peakRssMb,
    cpuSeconds,
    lost,
  };
}
