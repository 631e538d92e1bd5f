/** How many records a second a client reads out of a topic that is already there, looking at key, value and offset of each. */
import { consume, fill } from "../harness/client-runs.ts";
import { clientSubjects, ownSubject } from "../harness/client-scenario.ts";
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
import type { Bench, Scenario } from "../harness/scenario.ts";
import type { Subject } from "../harness/subject.ts";
import { withTopic } from "../harness/topics.ts";

const defaultRecords = 5_000_000;
const warmupShare = 0.1;

function recordsOf({ options, cluster }: Bench): number {
  return Math.min(options.records ?? defaultRecords, cluster.keeps);
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
        fill(bench, topic, recordsOf(bench)),
      );
      const warmup = Math.floor(inTopic * warmupShare);
      const read = (subject: Subject) =>
        consume(bench, { subject, topic, records: inTopic - warmup, warmup });
      return compareInRounds({
        scenario: clientConsume,
        unit: "records/s",
        figure: ({ rate }) => rate,
        subjects: clientSubjects(bench, "consume", "read_committed, in a group, no commits"),
        rounds: bench.options.rounds,
        warmUp: () => read(ownSubject),
        measure: ({ subject }) => read(subject),
        describe: ({ rate, peakRssMb }) => `${figure(rate)} records/s, ${figure(peakRssMb)} MB`,
        progress: bench.progress,
      });
    });
  },
};
