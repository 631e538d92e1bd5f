/**
 * Events counted out of topics that are already full, orders and their decisions: the analytics service as it runs in the system, and the same counts as others
 * would keep them. What counts is what the group has committed, with the counts, for good.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GROUP, STATE_TOPIC } from "@campus/analytics";
import { EVENT_TOPICS, INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { isReserved } from "../../packages/inventory/src/reservation.ts";
import { partitions } from "../harness/client-settings.ts";
import type { BenchCluster } from "../harness/cluster.ts";
import { figure } from "../harness/columns.ts";
import { pollMs, watchCommitted } from "../harness/committed-offsets.ts";
import { type Counted, readCounted, requireCounted } from "../harness/counted.ts";
import { drainColumns, drainSample, stallMs, warmupShare } from "../harness/draining.ts";
import {
  fillDecisions,
  fillOrders,
  forgetGroup,
  lacksTransactions,
  reasonToSpare,
  removeTopic,
  renewTopic,
} from "../harness/order-log.ts";
import { outFolder } from "../harness/out-folder.ts";
import { paceOfCounts } from "../harness/pace.ts";
import { compareInRounds, ours } from "../harness/rounds.ts";
import type { Bench, Comparison, Sample, Scenario } from "../harness/scenario.ts";
import { RunFailed } from "../harness/subject-process.ts";
import { startProgram } from "../harness/working-process.ts";
import { ownWorkingSubject, peerWorkingSubjects, type WorkingSubject } from "../harness/working-subject.ts";

/** Also the fewest: less is counted before the first commit, which takes its time. */
const leastRecords = 1_000_000;

const recordsOf = ({ records = leastRecords }: Bench["options"]) => Math.max(records, leastRecords);
/** Everyone commits as often, so that the last commit comes as soon. */
const commitIntervalMs = 100;
const outputTopic = "bench-counts";
const metricsFile = join(outFolder, "analytics", "metrics.json");

interface Counter extends WorkingSubject {
  /** What it came to, after its end. */
  counted(cluster: BenchCluster, groupId: string): Promise<Counted>;
}

function ownCounter(name: string, state: "topic" | "commit", delivery: string): Counter {
  return {
    ...ownWorkingSubject({
      ...{ name, title: "the analytics service", delivery, service: "analytics", groupId: GROUP },
      settings: {
        ANALYTICS_STATE: state,
        ANALYTICS_METRICS_FILE: metricsFile,
        ANALYTICS_COMMIT_INTERVAL: `${commitIntervalMs}ms`,
        DASHBOARD_PORT: "0",
      },
    }),
    async counted() {
      const report = await Bun.file(metricsFile).json();
      return {
        orders: report.total_orders,
        reserved: report.reserved_orders,
        failed: report.failed_orders,
      };
    },
  };
}

const ownCounters: readonly Counter[] = [
  ownCounter(ours, "topic", "exactly once, totals a partition and offsets in one transaction"),
  ownCounter("ours-in-commits", "commit", "totals a partition in the metadata of its offset, no transaction"),
];

function peerCounters(bench: Bench): Counter[] {
  const subjects = peerWorkingSubjects(bench, {
    work: "count",
    inputs: EVENT_TOPICS,
    output: outputTopic,
    delivery: "exactly once",
  });
  return subjects.map((subject) => ({
    ...subject,
    counted: (cluster, groupId) =>
      subject.name === "kafka-streams"
        ? readCounted(cluster, { topic: changelogOf(groupId), records: "newest" })
        : readCounted(cluster, { topic: outputTopic, records: "increments" }),
  }));
}

/** Where Kafka Streams keeps the store of Counts.java. */
const changelogOf = (groupId: string) => `${groupId}-counts-changelog`;

/** From nothing to all of it committed. */
async function countAll(bench: Bench, counter: Counter, expected: Counted) {
  const { cluster, signal } = bench;
  const records = expected.orders + expected.reserved + expected.failed;
  const program = counter.program(bench);
  const { groupId } = program;
  await forgetGroup(cluster, groupId);
  await removeTopic(cluster, STATE_TOPIC);
  await renewTopic(cluster, outputTopic);
  await rm(metricsFile, { force: true });
  const process = startProgram(program, signal);
  let usage: ReturnType<typeof process.usage>;
  let samples: Awaited<ReturnType<typeof watchCommitted>>;
  try {
    const { ended } = process;
    samples = await watchCommitted(cluster, {
      ...{ groupId, topics: EVENT_TOPICS, records, stallMs, ended, signal },
    });
    usage = process.usage();
  } finally {
    await process.stop();
  }
  requireCounted(await counter.counted(cluster, groupId), expected);
  return { records, samples, usage, startedAtMs: process.startedAtMs };
}

function sampleOf({ records, samples, usage, startedAtMs }: Awaited<ReturnType<typeof countAll>>): Sample {
  const pace = paceOfCounts(samples, records, Math.floor(records * warmupShare));
  return drainSample({ pace, records, usages: [usage], startedAtMs });
}

/** Whoever comes next begins with what the services make themselves. */
async function cleanUp(cluster: BenchCluster): Promise<void> {
  for (const topic of [...EVENT_TOPICS, STATE_TOPIC, outputTopic]) await removeTopic(cluster, topic);
  for (const topic of await cluster.admin.listTopics())
    if (/^bench-.*-counts-changelog$/.test(topic)) await removeTopic(cluster, topic);
  await forgetGroup(cluster, GROUP);
}

async function fill({ cluster, options, progress, signal }: Bench): Promise<Counted> {
  const orders = recordsOf(options);
  const orderIds = await progress.during("analytics  filling the topics", async () => {
    const ids = await fillOrders(cluster, orders, signal);
    await fillDecisions(cluster, ids, signal);
    return ids;
  });
  const reserved = orderIds.filter(isReserved).length;
  return { orders, reserved, failed: orders - reserved };
}

/** @param spared why nothing may be measured on this cluster, if so */
async function compare(bench: Bench, spared: string | undefined): Promise<Comparison> {
  const expected = spared ? undefined : await fill(bench);
  const run = async (counter: Counter) => {
    if (expected === undefined) throw new RunFailed(spared!);
    return countAll(bench, counter, expected);
  };
  return compareInRounds({
    scenario: analytics,
    unit: "events/s",
    figure: ({ rate }) => rate,
    subjects: [...ownCounters, ...peerCounters(bench)],
    rounds: bench.options.rounds,
    ...(spared ? {} : { warmUp: () => run(ownCounters[0]!) }),
    measure: async (counter) => sampleOf(await run(counter)),
    describe: ({ rate, peakRssMb }) => `${figure(rate)} events/s, ${figure(peakRssMb)} MB`,
    progress: bench.progress,
  });
}

export const analytics: Scenario = {
  name: "analytics",
  title: "events a second counted, each exactly once, out of topics that are already full",
  ratioOf: "events/s",
  better: "higher",
  peers: ({ name }) => name === "franz-go" || name === "kafka-streams",
  bounds: {},
  columns: drainColumns("event"),
  chart: { column: "events/s", words: "events a second, more is better" },
  settings: (options) => ({
    events: `${figure(recordsOf(options))} in ${ORDER_EVENTS} and as many in ${INVENTORY_EVENTS}, all of them whatever --seconds says`,
    "warm-up": `${warmupShare * 100} % of them`,
    "commits every": `${commitIntervalMs} ms (franz-go: after each poll)`,
    "looked at": `every ${pollMs} ms`,
    partitions,
  }),
  async run(bench) {
    const { cluster } = bench;
    if (lacksTransactions(bench, analytics)) return { results: [], ratios: {} };
    const spared = await reasonToSpare(cluster, [...EVENT_TOPICS, STATE_TOPIC]);
    try {
      return await compare(bench, spared);
    } finally {
      if (!spared) await cleanUp(cluster);
    }
  },
};
