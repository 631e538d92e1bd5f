/**
 * Orders over HTTP, a closed loop of 256 connections: the producer service as it runs in the system, each order answered once Kafka has
 * acknowledged it. Beside it a bare server that does nothing: how far the generator itself can go.
 */
import { join } from "node:path";
import { ORDER_EVENTS, TOPICS } from "@campus/events";
import { type LoadResult, runAutocannon } from "../harness/autocannon.ts";
import {
  cpuColumn,
  deliveryColumn,
  figure,
  p50Column,
  p99Column,
  rateColumn,
  ratioColumn,
  rssColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { benchFolder, rootFolder } from "../harness/out-folder.ts";
import { compareInRounds, ours, type RoundSubject } from "../harness/rounds.ts";
import type { Bench, Sample, Scenario } from "../harness/scenario.ts";
import { startService } from "../harness/service-process.ts";
import { RunFailed } from "../harness/subject-process.ts";
import { recordsIn } from "../harness/topics.ts";

const connections = 256;
const warmupSeconds = 2;
const orderTopic = TOPICS.find(({ topic }) => topic === ORDER_EVENTS)!;

const bodies = Array.from({ length: 100 }, (_, i) => ({
  user_id: `user${i}`,
  item: ["burger", "pasta", "soup", "salad"][i % 4],
  quantity: 1 + (i % 5),
}));

interface HttpSubject extends RoundSubject {
  readonly script: string;
  /** Whether its orders must be found in Kafka. */
  readonly publishes: boolean;
}

const subjects: readonly HttpSubject[] = [
  {
    name: ours,
    title: "the producer service",
    delivery: "202 after the broker's ack; acks=all, idempotent, lz4",
    script: join(rootFolder, "packages/producer/src/main.ts"),
    publishes: true,
  },
  {
    name: "bare-serve",
    title: "Bun.serve with a constant answer",
    delivery: "202 at once, nothing is read or kept: the generator's ceiling",
    script: join(benchFolder, "subjects/http-bare.ts"),
    publishes: false,
  },
];

/** The service makes its topics itself, where the cluster has a request for that; the embedded one has none. */
async function prepareTopics({ cluster }: Bench): Promise<void> {
  const existing = new Set(await cluster.admin.listTopics());
  for (const { topic, partitions } of TOPICS)
    if (!existing.has(topic)) await cluster.createTopic(topic, partitions);
}

async function load(bench: Bench, subject: HttpSubject): Promise<Sample> {
  const { cluster, signal, options } = bench;
  const before = await recordsIn(cluster, ORDER_EVENTS, orderTopic.partitions);
  const environment = { KAFKA_BROKER: cluster.brokers, MANAGEMENT_PORT: "0", LOG_LEVEL: "warning" };
  const service = await startService([process.execPath, subject.script], environment, signal);
  let result: LoadResult;
  let usage: ReturnType<typeof service.usage>;
  const cpuBefore = service.usage().cpuSeconds ?? Number.NaN;
  try {
    const { seconds } = options;
    result = await runAutocannon({ url: service.url, connections, seconds, warmupSeconds, bodies }, signal);
    usage = service.usage();
  } finally {
    await service.stop();
  }
  const answered = result.statuses["202"] ?? 0;
  const kept = (await recordsIn(cluster, ORDER_EVENTS, orderTopic.partitions)) - before;
  // More may be kept than were answered: the generator hangs up on its last requests.
  if (subject.publishes && kept < answered)
    throw new RunFailed(`${answered - kept} of ${answered} orders answered 202 are not in ${ORDER_EVENTS}`);
  const cpuAll = usage.cpuSeconds === undefined ? undefined : usage.cpuSeconds - cpuBefore;
  return {
    count: result.accepted,
    seconds: result.seconds,
    rate: result.accepted / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    peakRssMb: usage.peakRssMb,
    // Of the warm-up too; so its share of the requests counts.
    cpuSeconds: cpuAll === undefined ? undefined : (cpuAll * result.accepted) / answered,
    lost: subject.publishes ? Math.max(0, answered - kept) : undefined,
    extra: { p999Ms: result.p999Ms },
  };
}

export const httpOrder: Scenario = {
  name: "http-order",
  title: "POST /order, closed loop with autocannon",
  ratioOf: "requests/s",
  better: "higher",
  peers: () => false,
  bounds: { "bare-serve": { min: 0.2 } },
  columns: [
    subjectColumn,
    rateColumn("requests/s"),
    ratioColumn(),
    p50Column,
    p99Column,
    cpuColumn("request"),
    rssColumn,
    deliveryColumn,
  ],
  settings: ({ seconds }) => ({
    generator: "autocannon 9.0.0 under Node, one process, closed loop",
    connections,
    seconds,
    "warm-up": `${warmupSeconds} s`,
  }),
  async run(bench) {
    await prepareTopics(bench);
    return compareInRounds({
      scenario: httpOrder,
      unit: "requests/s",
      figure: ({ rate }) => rate,
      subjects,
      rounds: bench.options.rounds,
      measure: (subject) => load(bench, subject),
      describe: ({ rate, p50Ms, p99Ms }) =>
        `${figure(rate)} requests/s, p50 ${figure(p50Ms)} ms, p99 ${figure(p99Ms)} ms`,
      progress: bench.progress,
    });
  },
};
