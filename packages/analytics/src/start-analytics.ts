/**
 * The analytics consumer, wired: both topics in, live figures out. Everything it does stands in the modules it puts together. The store can be
 * replaced, which only tests do.
 */
import { createMissingTopics, EVENT_TOPICS } from "@campus/events";
import { type Consumer, createAdmin, createConsumer, KafkaError, type TopicPartition } from "@campus/kafka";
import {
  allowedHosts,
  kafkaLogHandlers,
  type Progress,
  registerConsumerLag,
  type Service,
  startService,
  waitForKafka,
  watchProgress,
} from "@campus/service";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { ADMIN_TIMEOUT_MS, DASHBOARD_PORT, GROUP, MANAGEMENT_PORT, PREFIXES, SETTINGS } from "./config.ts";
import { createCounters } from "./counters.ts";
import { readCluster } from "./dashboard/cluster-watch.ts";
import { countDeadLetters } from "./dashboard/dead-letter-count.ts";
import { createFeed } from "./dashboard/feed.ts";
import { startDashboard } from "./dashboard/server.ts";
import { reportSetAside } from "./dead-letter-report.ts";
import { createMembership } from "./membership.ts";
import { createMetricsFile } from "./metrics-file.ts";
import { openStore, prepareStore, type StoreContext } from "./open-store.ts";
import { createProcessor, keyOf, type Processor } from "./processor.ts";
import { createReporter } from "./reporter.ts";

/** So long the partitions of the topics are taken for known. */
const PARTITIONS_KNOWN_MS = 10_000;

/** What a test may put in the place of the real thing. */
export interface AnalyticsPieces {
  /** Without it, what ANALYTICS_STATE asks for. */
  readonly createStore?: (context: StoreContext) => CheckpointStore;
}

/** Runs the service until it is told to end or can't go on; the process ends with it. */
export async function startAnalytics(pieces: AnalyticsPieces = {}): Promise<void> {
  const service = await startService({
    name: "analytics",
    description:
      "Counts orders and their outcomes: reads order-events and inventory-events, writes the metrics file.",
    settings: SETTINGS,
    prefixes: PREFIXES,
    managementPort: MANAGEMENT_PORT,
  });
  for (const name of Object.keys(pieces))
    service.log.warn("NOT THE REAL THING: {name} was replaced, which is for tests only", { name });
  await run(service, pieces).catch((error) => service.lifecycle.fail(error));
}

async function run(service: Service<typeof SETTINGS>, pieces: AnalyticsPieces): Promise<void> {
  const { settings, log, lifecycle, readiness, metrics, kafka } = service;
  const { createStore = (context) => openStore(settings.state, context) } = pieces;
  const startedAtMs = Date.now();
  const client = {
    ...kafka,
    clientId: "campus-analytics",
    ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
  };

  /** As often as it takes, until the process ends: a Kafka that is away comes back. */
  function patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const isRetriable = (error: unknown) => error instanceof KafkaError && !error.fatal;
    return waitForKafka({ attempt, brokers: settings.brokers, log, signal: lifecycle.signal, isRetriable });
  }

  const file = createMetricsFile(settings.metricsFile);
  await file.prepare();

  const admin = createAdmin({ ...client, timeoutMs: ADMIN_TIMEOUT_MS });
  lifecycle.onDrain("Kafka admin", () => admin.close());
  async function partitions(): Promise<TopicPartition[]> {
    const described = await admin.describeTopics(EVENT_TOPICS);
    return described.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition })),
    );
  }
  readiness.block("starting", "it waits for Kafka");
  const all = await patiently(async () => {
    await createMissingTopics(admin, { replication: settings.replication });
    await prepareStore(settings.state, admin, { replication: settings.replication });
    return partitions();
  });

  readiness.block("starting", "it waits for its group to let it in");

  const consumer = createConsumer({
    ...client,
    groupId: GROUP,
    topics: EVENT_TOPICS,
    autoOffsetReset: "earliest",
    sessionTimeoutMs: settings.sessionTimeoutMs,
    maxBatchRecords: settings.batchMaxRecords,
    onAssigned: (partitions) => membership.onAssigned(partitions),
    onRevoked: (partitions) => membership.onRevoked(partitions),
    onLost: (partitions) => membership.onLost(partitions),
    onEnd: (end) => processor.reached(end),
  });
  const store = createStore({
    consumer,
    admin,
    client,
    log,
    onFailure: (error) => void lifecycle.fail(error),
  });
  lifecycle.onDrain("store", () => store.close());
  const processor = createProcessor({
    store: { ...store, load: (partitions) => patiently(() => store.load(partitions)) },
    log,
    onCounted(topic, events) {
      counters.counted(topic, events.length);
      feed.counted(events);
    },
    onSetAside(letters) {
      counters.setAside(letters.length);
      reportSetAside(log, letters);
    },
  });
  const reporter = createReporter({
    ...{ processor, store, file, log, startedAtMs },
    partitions: remembered(partitions, PARTITIONS_KNOWN_MS),
  });
  const feed = createFeed({
    totals: reporter.totals,
    readCluster: () => readCluster(admin),
    openDeadLetters: () =>
      countDeadLetters(admin, client, (error) =>
        log.warn("dead letters can't be counted: {error}", { error }),
      ),
    ...{ log, startedAtMs },
  });
  lifecycle.onDrain("dashboard's feed", () => feed.close());
  const dashboard = startDashboard({
    feed,
    host: settings.dashboardHost,
    port: settings.dashboardPort,
    defaultPort: DASHBOARD_PORT,
    hosts: allowedHosts(settings.dashboardHosts, settings.dashboardHost),
    producerUrl: settings.producerUrl.replace(/\/+$/, ""),
    log,
  });
  lifecycle.onDrain("dashboard", () => dashboard.stop());
  const { checkpoints } = processor;
  const counters = createCounters({ registry: metrics, checkpoints, totals: reporter.totals });
  const membership = createMembership({
    processor,
    reporter,
    log,
    onJoined: () => readiness.clear("starting"),
  });
  registerConsumerLag({ registry: metrics, lag: () => consumer.lag() });
  watchProgress({
    readiness,
    log,
    signal: lifecycle.signal,
    stallTimeoutMs: settings.stallTimeoutMs,
    look: () => progressOf(processor, consumer),
  });

  const timers = [
    setInterval(oneAtATime(membership.save), settings.commitIntervalMs),
    setInterval(oneAtATime(reporter.report), settings.intervalMs),
  ];
  lifecycle.onDrain("consumer", async (remainingMs) => {
    for (const timer of timers) clearInterval(timer);
    // Gives the partitions back, which saves the counts and writes the last report.
    await consumer.close({ timeoutMs: remainingMs * 0.5 });
  });

  await consumer.run((batch) => processor.handle(batch), { concurrency: all.length });
}

/** The answer of before for a while, and what it says is not asked again: the number of partitions hardly ever changes. */
function remembered<T>(ask: () => Promise<T>, forMs: number): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (last !== undefined && performance.now() - last.atMs < forMs) return last.answer;
    const asked = { atMs: performance.now(), answer: ask() };
    last = asked;
    asked.answer.catch(() => {
      if (last === asked) last = undefined;
    });
    return asked.answer;
  };
}

/** Calls that come while one is under way are left out: they would pile up behind one that waits for Kafka. */
function oneAtATime(work: () => Promise<void>): () => void {
  let isUnderWay = false;
  return () => {
    if (isUnderWay) return;
    isUnderWay = true;
    void work().finally(() => {
      isUnderWay = false;
    });
  };
}

/** How far what is kept is behind what can be read. */
async function progressOf(processor: Processor, consumer: Consumer): Promise<Progress[]> {
  const standing = processor.standing();
  const watermarks = await consumer.watermarks(
    standing.map(({ topic, partition }) => ({ topic, partition })),
  );
  return standing.map(({ offset, trouble, ...place }, index) => {
    const { low = 0, high = 0 } = watermarks[index] ?? {};
    return { name: keyOf(place), position: offset, lag: Math.max(0, high - Math.max(low, offset)), trouble };
  });
}
