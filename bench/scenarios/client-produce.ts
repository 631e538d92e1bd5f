/** How many records a second a client gets acknowledged, when there is always another one to send. */
import { produce } from "../harness/client-runs.ts";
import { clientSubjects, ownSubject } from "../harness/client-scenario.ts";
import { clientSettings, partitions } from "../harness/client-settings.ts";
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
import { withTopic } from "../harness/topics.ts";

const defaultRecords = 5_000_000;
/** A second and more for a compiling runtime: with less, its start is part of the figure. */
const warmup = 1_000_000;

const produceAnew = (bench: Bench, subject: Subject, records: number): Promise<Sample> =>
  withTopic(bench.cluster, `produce-${subject.name}`, partitions, (topic) =>
    produce(bench, { subject, topic, records, warmup }),
  );

export const clientProduce: Scenario = {
  name: "client-produce",
  title: "records a second with delivery reports",
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
    "warm-up": `${figure(warmup)} records, of JavaScript 5 s at most`,
    "linger.ms": clientSettings.lingerMs,
    "batch.size": clientSettings.batchBytes,
    "queue bounds": `${figure(clientSettings.queueRecords)} records, ${clientSettings.queueBytes / 1024 ** 2} MiB`,
    compression: "lz4",
    partitions,
  }),
  async run(bench) {
    const { records = defaultRecords, rounds } = bench.options;
    return compareInRounds({
      scenario: clientProduce,
      unit: "records/s",
      figure: ({ rate }) => rate,
      subjects: clientSubjects(bench, "produce", "acks=all, idempotent, each delivery reported"),
      rounds,
      warmUp: () => produceAnew(bench, ownSubject, Math.min(records, 500_000)),
      measure: ({ subject }) => produceAnew(bench, subject, records),
      describe: ({ rate, peakRssMb }) => `${figure(rate)} records/s, ${figure(peakRssMb)} MB`,
      progress: bench.progress,
    });
  },
};
