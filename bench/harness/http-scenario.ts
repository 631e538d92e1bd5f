/** What the HTTP scenarios share: who takes part, how each is started and loaded, and what a run's figures are. */
import { join } from "node:path";
import { ORDER_EVENTS, TOPICS } from "@campus/events";
import { workSettings } from "./client-scenario.ts";
import { librdkafkaProducer } from "./client-settings.ts";
import {
  cpuColumn,
  deliveryColumn,
  extraColumn,
  figure,
  p50Column,
  p99Column,
  rateColumn,
  ratioColumn,
  rssColumn,
  spreadColumn,
  subjectColumn,
} from "./columns.ts";
import { fastestGenerator, type Generator, generateLoad, generatorTitles } from "./http-load.ts";
import { haveOha } from "./oha.ts";
import { benchFolder } from "./out-folder.ts";
import { ownService } from "./own-service.ts";
import { compareInRounds, ours, type RoundSubject } from "./rounds.ts";
import type { Bench, Comparison, Result, Row, Sample, Scenario, Series } from "./scenario.ts";
import { type ServiceProcess, startService } from "./service-process.ts";
import { openSlowSockets } from "./slow-sockets.ts";
import type { WorkSettings } from "./subject.ts";
import { environmentOf, RunFailed } from "./subject-process.ts";
import type { Column } from "./table.ts";
import { recordsIn } from "./topics.ts";

const warmupSeconds = 2;
const orderTopic = TOPICS.find(({ topic }) => topic === ORDER_EVENTS)!;
/** The service's own default; what waits for others is answered later. */
const lingerMs = 0.5;

/** A server that takes orders, and who loads it. */
export interface HttpSubject extends RoundSubject {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether its orders must be found in Kafka. */
  readonly publishes: boolean;
  readonly generator: Generator;
  /** Clients beside the load that never finish a request. */
  readonly slowSockets?: number;
}

export interface HttpWork {
  readonly path: string;
  readonly connections: number;
  readonly ordersPerRequest: number;
  /** Requests a second; without it a closed loop. */
  readonly rate?: number;
}

/** Orders in JSON, alike in size and none like another. */
export function orderBodies(count: number, first = 0): readonly object[] {
  return Array.from({ length: count }, (_, i) => ({
    user_id: `user${first + i}`,
    item: ["burger", "pasta", "soup", "salad"][i % 4],
    quantity: 1 + (i % 5),
  }));
}

/** wrk where it is installed; else oha, built where it can be; else autocannon. */
export async function closedLoopGenerator(bench: Bench): Promise<Generator> {
  if (!Bun.which("wrk")) await haveOha(bench);
  return fastestGenerator();
}

/** oha where it can be built, else autocannon: wrk knows no rates. */
export async function openLoopGenerator(bench: Bench): Promise<Generator> {
  return (await haveOha(bench)) ? "oha" : "autocannon";
}

const acknowledged = "202 after the broker's ack; acks=all, idempotent, lz4";

const bun = (path: string) => [process.execPath, join(benchFolder, path)];

/** `own`: its settings besides the defaults. */
export function ownSubject(
  { cluster }: Bench,
  generator: Generator,
  name: string = ours,
  own: Readonly<Record<string, string>> = {},
): HttpSubject {
  return {
    ...{ name, title: "the producer service", delivery: acknowledged, publishes: true, generator },
    ...ownService("producer", cluster, own),
  };
}

function noopSubject(generator: Generator): HttpSubject {
  return {
    ...{ name: "noop", title: "Elysia with the same schemas", publishes: false, generator },
    delivery: "202 at once, checked and not kept",
    command: bun("subjects/http-noop.ts"),
    environment: {},
  };
}

/** How far the generator itself can go. */
export function bareSubject(generator: Generator, name = "bare-serve"): HttpSubject {
  return {
    ...{ name, title: "Bun.serve with a constant answer", publishes: false, generator },
    delivery: "202 at once, nothing is read or kept: the generator's ceiling",
    command: bun("subjects/http-bare.ts"),
    environment: {},
  };
}

/** The same service as others would build it. */
function peerSubjects(bench: Bench, generator: Generator): HttpSubject[] {
  const settings = serveSettings(bench);
  return bench.peers
    .flatMap(({ subjects }) => subjects)
    .filter(({ works }) => works.includes("serve"))
    .map(({ name, title, cwd, environment, command }) => ({
      ...{ name, title, delivery: acknowledged, publishes: true, generator },
      ...(cwd !== undefined && { cwd }),
      command: command("serve", settings),
      environment: { ...environmentOf(settings), ...environment },
    }));
}

/** The producer service, the same as others would build it, its routes without Kafka, and the generator's ceiling. */
export function allSubjects(bench: Bench, generator: Generator): HttpSubject[] {
  return [
    ownSubject(bench, generator),
    ...peerSubjects(bench, generator),
    noopSubject(generator),
    bareSubject(generator),
  ];
}

function serveSettings(bench: Bench): WorkSettings {
  const { brokers } = bench.cluster;
  const settings = workSettings(bench, { topic: ORDER_EVENTS, records: 0, warmup: 0, lingerMs });
  const { batchBytes, queueRecords, queueBytes } = settings;
  const producerProperties = librdkafkaProducer({ brokers, lingerMs, batchBytes, queueRecords, queueBytes });
  return { ...settings, producerProperties };
}

/** The service makes its topics itself, where the cluster has a request for that; the embedded one has none. */
export async function prepareTopics({ cluster }: Bench): Promise<void> {
  const existing = new Set(await cluster.admin.listTopics());
  for (const { topic, partitions } of TOPICS)
    if (!existing.has(topic)) await cluster.createTopic(topic, partitions);
}

/**
 * One run of a server that takes orders.
 * @throws RunFailed when an answer was not 202, or such an order is not in Kafka
 */
export async function loadOnce(bench: Bench, subject: HttpSubject, work: HttpWork): Promise<Sample> {
  const { cluster, signal } = bench;
  const before = await recordsIn(cluster, ORDER_EVENTS, orderTopic.partitions);
  const service = await startService(subject, subject.environment, signal);
  const { result, usage, cpuSeconds } = await loadService(bench, subject, work, service);
  const { ordersPerRequest } = work;
  const answered = result.acceptedInAll * ordersPerRequest;
  const kept = (await recordsIn(cluster, ORDER_EVENTS, orderTopic.partitions)) - before;
  // More may be kept than were answered: the generator hangs up on its last requests.
  if (subject.publishes && kept < answered)
    throw new RunFailed(`${answered - kept} of ${answered} orders answered 202 are not in ${ORDER_EVENTS}`);
  const count = result.accepted * ordersPerRequest;
  return {
    ...{ count, seconds: result.seconds, rate: count / result.seconds },
    ...{ p50Ms: result.p50Ms, p99Ms: result.p99Ms, peakRssMb: usage.peakRssMb },
    // Of the warm-up too; so its share of the orders counts.
    cpuSeconds: cpuSeconds === undefined ? undefined : (cpuSeconds * count) / answered,
    lost: subject.publishes ? 0 : undefined,
    extra: {
      p999Ms: result.p999Ms,
      ...(result.p9999Ms !== undefined && { p9999Ms: result.p9999Ms }),
      ...Object.fromEntries((result.curve ?? []).map(([percentile, ms]) => [curveName(percentile), ms])),
    },
  };
}

async function loadService(bench: Bench, subject: HttpSubject, work: HttpWork, service: ServiceProcess) {
  const { path, connections, ordersPerRequest, rate } = work;
  const orders = (i: number) => orderBodies(ordersPerRequest, i * ordersPerRequest);
  const bodies = Array.from({ length: ordersPerRequest === 1 ? 100 : 10 }, (_, i) =>
    JSON.stringify(ordersPerRequest === 1 ? orders(i)[0] : { orders: orders(i) }),
  );
  const { seconds } = bench.options;
  const before = service.usage().cpuSeconds ?? Number.NaN;
  const { slowSockets = 0 } = subject;
  const slow = slowSockets > 0 ? await openSlowSockets(service.url, slowSockets) : undefined;
  try {
    const result = await generateLoad(
      subject.generator,
      { url: service.url, path, connections, seconds, warmupSeconds, bodies, ...(rate && { rate }) },
      bench.signal,
    );
    if (slow !== undefined && slow.open < 0.9 * slowSockets)
      throw new RunFailed(`only ${slow.open} of ${slowSockets} slow clients were there at the end`);
    const usage = service.usage();
    const cpuSeconds = usage.cpuSeconds === undefined ? undefined : usage.cpuSeconds - before;
    return { result, usage, cpuSeconds };
  } finally {
    slow?.[Symbol.dispose]();
    await service.stop();
  }
}

const curveName = (percentile: number) => `curve${percentile}`;

/** The percentiles of each subject's run as a curve over how many requests one is in, a ten, a hundred …; without those that failed. */
export function curvesOf(results: readonly Result[]): Series[] {
  return results.flatMap(({ subject, extra = {} }) => {
    const points = Object.entries(extra).flatMap(([name, ms]) => {
      const percentile = Number(/^curve([\d.]+)$/.exec(name)?.[1]);
      return Number.isNaN(percentile) ? [] : [[100 / (100 - percentile), ms] as const];
    });
    return points.length === 0 ? [] : [{ name: subject, points: points.toSorted(([a], [b]) => a - b) }];
  });
}

export const httpColumns: readonly Column<Row>[] = [
  subjectColumn,
  rateColumn("orders/s"),
  ratioColumn(),
  spreadColumn,
  p50Column,
  p99Column,
  extraColumn("p99.9 ms", "p999Ms", 3),
  cpuColumn("order"),
  rssColumn,
  deliveryColumn,
];

export const isHttpPeer = ({ name }: { readonly name: string }) =>
  name === "go" || name === "fastify-node" || name === "fastapi";

export function httpSettings(
  { seconds }: Bench["options"],
  { path, connections, ordersPerRequest, rate }: HttpWork,
  generator: Generator,
): Record<string, string | number> {
  return {
    request: `POST ${path}${ordersPerRequest > 1 ? `, ${ordersPerRequest} orders` : ""}`,
    generator: generatorTitles[generator],
    ...{ connections, seconds },
    ...(rate && { rate: `${figure(rate)} requests/s, whatever the answers` }),
    "warm-up": `${warmupSeconds} s`,
    "linger.ms": `${lingerMs}, the service's default`,
  };
}

/** Runs the subjects in rounds. */
export async function compareHttp(
  bench: Bench,
  scenario: Pick<Scenario, "name">,
  subjects: readonly HttpSubject[],
  work: HttpWork,
  compared: "rate" | "p99",
): Promise<Comparison> {
  await prepareTopics(bench);
  const named = subjects.map((subject) => ({
    ...subject,
    delivery: `${subject.delivery} (by ${subject.generator})`,
  }));
  return compareInRounds({
    ...{ scenario, subjects: named, unit: "orders/s" },
    figure: compared === "rate" ? ({ rate }) => rate : ({ p99Ms }) => p99Ms,
    rounds: bench.options.rounds,
    // A broker that has just been started compiles itself first.
    warmUp: () => loadOnce(bench, subjects[0]!, work),
    measure: (subject) => loadOnce(bench, subject, work),
    describe: ({ rate, p50Ms, p99Ms }) =>
      `${figure(rate)} orders/s, p50 ${figure(p50Ms, 1)} ms, p99 ${figure(p99Ms, 1)} ms`,
    progress: bench.progress,
  });
}
