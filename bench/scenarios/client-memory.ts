/** What a client costs beside its throughput: resident memory while five million records go through it, and CPU when nothing does. */
import { clientSubjects, runClient, sampleOf } from "../harness/client-scenario.ts";
import { clientSettings, partitions } from "../harness/client-settings.ts";
import {
  deliveryColumn,
  extraColumn,
  figure,
  rateColumn,
  ratioColumn,
  rssColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { compareInRounds } from "../harness/rounds.ts";
import type { Bench, Sample, Scenario } from "../harness/scenario.ts";
import type { Subject } from "../harness/subject.ts";
import { RunFailed } from "../harness/subject-process.ts";
import { faultInWriting, recordsIn, withTopic } from "../harness/topics.ts";

const defaultRecords = 5_000_000;
/** By then every buffer has had its full size once: what grows afterwards is a leak. */
const warmupShare = 0.2;
const idleSeconds = 10;
const mostSeconds = 300;

async function memory(bench: Bench, subject: Subject): Promise<Sample> {
  return withTopic(bench.cluster, `memory-${subject.name}`, partitions, async (topic) => {
    const records = bench.options.records ?? defaultRecords;
    const measured = await runClient(bench, {
      subject,
      work: "memory",
      topic,
      records: Math.ceil(records * (1 - warmupShare)),
      warmup: Math.floor(records * warmupShare),
      seconds: mostSeconds,
      idleSeconds,
      autoOffsetReset: "latest",
    });
    const fault = faultInWriting(measured, await recordsIn(bench.cluster, topic, partitions));
    if (fault) throw new RunFailed(fault);
    const { warmRssMb = 0, endRssMb = 0, slopeMbPerMillion = 0, idleCpuPercent = 0 } = measured;
    return { ...sampleOf(measured), extra: { warmRssMb, endRssMb, slopeMbPerMillion, idleCpuPercent } };
  });
}

export const clientMemory: Scenario = {
  name: "client-memory",
  title: "memory while producing, CPU when idle",
  ratioOf: "peak memory",
  better: "lower",
  peers: ({ name }) => name === "c",
  bounds: {},
  columns: [
    subjectColumn,
    rssColumn,
    ratioColumn("peak ours ÷ it"),
    extraColumn("after warm-up MB", "warmRssMb", 0),
    extraColumn("at the end MB", "endRssMb", 0),
    extraColumn("growth MB/million", "slopeMbPerMillion", 2),
    extraColumn("idle CPU %", "idleCpuPercent", 2),
    rateColumn("records/s"),
    deliveryColumn,
  ],
  settings: ({ records = defaultRecords }) => ({
    records: figure(records),
    "warm-up": `${warmupShare * 100} % of them`,
    "queue bounds": `${figure(clientSettings.queueRecords)} records, ${clientSettings.queueBytes / 1024 ** 2} MiB`,
    idle: `${idleSeconds} s, a producer and a consumer in a group`,
    rounds: 1,
  }),
  run(bench) {
    return compareInRounds({
      scenario: clientMemory,
      unit: "records/s",
      figure: ({ peakRssMb }) => peakRssMb,
      subjects: clientSubjects(bench, "memory", "acks=all, idempotent, each delivery reported"),
      rounds: 1,
      measure: ({ subject }) => memory(bench, subject),
      describe: ({ peakRssMb, extra }) =>
        `peak ${figure(peakRssMb)} MB, growth ${figure(extra?.slopeMbPerMillion, 2)} MB a million, ` +
        `idle ${figure(extra?.idleCpuPercent, 2)} % of a core`,
      progress: bench.progress,
    });
  },
};
