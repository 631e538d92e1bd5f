/** How many records a second a client reads out of a topic that is already there, looking at key, value and offset of each. */
import { clientSubjects, ownSubject, runClient, sampleOf } from "../harness/client-scenario.ts";
import { partitions } from "../harness/client-settings.ts";
import {
  cpuColumn,
  deliveryColumn,
  figure,
  rateColumn,
  ratioColumn,
  rssColumn,
  spreadColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { compareInRounds } from "../harness/rounds.ts";
import type { Bench, Sample, Scenario } from "../harness/scenario.ts";
import type { Subject } from "../harness/subject.ts";
import { RunFailed } from "../harness/subject-process.ts";
import { faultInReading, faultInWriting, recordsIn, withTopic } from "../harness/topics.ts";

const defaultRecords = 5_000_000;
const warmupShare = 0.1;
const fillSeconds = 300;

function recordsOf({ options, cluster }: Bench): number {
  return Math.min(options.records ?? defaultRecords, cluster.keeps);
}

/** Puts the payloads into `topic`, over and over, with our own producer. Returns how many records it holds then. */
async function fill(bench: Bench, topic: string): Promise<number> {
  const measured = await runClient(bench, {
    subject: ownSubject,
    work: "produce",
    topic,
    records: recordsOf(bench),
    warmup: 0,
    seconds: fillSeconds,
  });
  const inTopic = await recordsIn(bench.cluster, topic, partitions);
  const fault = faultInWriting(measured, inTopic);
  if (fault) throw new Error(`the topic to read could not be filled: ${fault}`);
  return inTopic;
}

async function consume(bench: Bench, subject: Subject, topic: string, inTopic: number): Promise<Sample> {
  const warmup = Math.floor(inTopic * warmupShare);
  const measured = await runClient(bench, {
    subject,
    work: "consume",
    topic,
    records: inTopic - warmup,
    warmup,
  });
  const fault = faultInReading(measured, inTopic, bench.payloads);
  if (fault) throw new RunFailed(fault);
  return { ...sampleOf(measured), lost: 0 };
}

export const clientConsume: Scenario = {
  name: "client-consume",
  title: "records a second read, key, value and offset of each",
  ratioOf: "records/s",
  better: "higher",
  peers: ({ isFramework = false }) => !isFramework,
  bounds: { c: { min: 0.5 } },
  columns: [
    subjectColumn,
    rateColumn("records/s"),
    ratioColumn(),
    spreadColumn,
    cpuColumn("record"),
    rssColumn,
    deliveryColumn,
  ],
  chart: { column: "records/s", words: "records a second, more is better" },
  settings: ({ records = defaultRecords, seconds }) => ({
    records: `${figure(records)}, or ${seconds} s`,
    "warm-up": `${warmupShare * 100} % of them`,
    "isolation.level": "read_committed",
    "fetch.queue.backoff.ms": 2,
    "queued.max.messages.kbytes": 16_384,
    "fetch.wait.max.ms": 100,
    partitions,
  }),
  run(bench) {
    return withTopic(bench.cluster, "consume", partitions, async (topic) => {
      const inTopic = await bench.progress.during("client-consume  filling the topic", () =>
        fill(bench, topic),
      );
      return compareInRounds({
        scenario: clientConsume,
        unit: "records/s",
        figure: ({ rate }) => rate,
        subjects: clientSubjects(bench, "consume", "read_committed, in a group, no commits"),
        rounds: bench.options.rounds,
        warmUp: () => consume(bench, ownSubject, topic, inTopic),
        measure: ({ subject }) => consume(bench, subject, topic, inTopic),
        describe: ({ rate, peakRssMb }) => `${figure(rate)} records/s, ${figure(peakRssMb)} MB`,
        progress: bench.progress,
      });
    });
  },
};
