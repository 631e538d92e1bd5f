/** How long one record takes from the call to its acknowledgement, one at a time and without lingering. */
import { clientSubjects, ownSubject, runClient, sampleOf } from "../harness/client-scenario.ts";
import { partitions } from "../harness/client-settings.ts";
import {
  cpuColumn,
  deliveryColumn,
  figure,
  p50Column,
  p99Column,
  ratioColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { compareInRounds } from "../harness/rounds.ts";
import type { Bench, Sample, Scenario } from "../harness/scenario.ts";
import type { Subject } from "../harness/subject.ts";
import { RunFailed } from "../harness/subject-process.ts";
import { faultInWriting, recordsIn, withTopic } from "../harness/topics.ts";

const mostRecords = 5_000;
const warmup = 1_000;

async function latency(bench: Bench, subject: Subject): Promise<Sample> {
  return withTopic(bench.cluster, `latency-${subject.name}`, partitions, async (topic) => {
    const records = Math.min(bench.options.records ?? mostRecords, mostRecords);
    const measured = await runClient(bench, {
      subject,
      work: "latency",
      topic,
      records,
      warmup,
      lingerMs: 0,
    });
    const fault = faultInWriting(measured, await recordsIn(bench.cluster, topic, partitions));
    if (fault) throw new RunFailed(fault);
    return sampleOf(measured);
  });
}

export const clientLatency: Scenario = {
  name: "client-latency",
  title: "produce to acknowledgement, one record at a time",
  ratioOf: "p50",
  better: "lower",
  peers: ({ isFramework = false }) => !isFramework,
  bounds: { c: { max: 3 } },
  columns: [
    subjectColumn,
    p50Column,
    ratioColumn("p50 ours ÷ it"),
    p99Column,
    cpuColumn("record"),
    deliveryColumn,
  ],
  chart: { column: "p50 ms", words: "p50 in milliseconds, less is better" },
  settings: ({ records = mostRecords, seconds }) => ({
    records: `${figure(Math.min(records, mostRecords))}, or ${seconds} s`,
    "warm-up": `${figure(warmup)} records`,
    "linger.ms": 0,
    partitions,
  }),
  run(bench) {
    return compareInRounds({
      scenario: clientLatency,
      unit: "records/s",
      figure: ({ p50Ms }) => p50Ms,
      subjects: clientSubjects(bench, "latency", "acks=all, idempotent, linger 0"),
      rounds: bench.options.rounds,
      warmUp: () => latency(bench, ownSubject),
      measure: ({ subject }) => latency(bench, subject),
      describe: ({ p50Ms, p99Ms }) => `p50 ${figure(p50Ms, 3)} ms, p99 ${figure(p99Ms, 3)} ms`,
      progress: bench.progress,
    });
  },
};
