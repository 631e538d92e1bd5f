/**
 * The analytics consumer, wired: both topics in, live figures out. Everything it does stands in the modules it puts together. The store can be
 * replaced, which only tests do.
 */
import { createMissingTopics, EVENT_TOPICS } from "@campus/events";
import { type Consumer, createAdmin, createConsumer, KafkaError, type TopicPartition } from "@campus/kafka";
import {
  kafkaLogHandlers,
  type Progress,
  registerConsumerLag,
  type Service,
  startService,
  waitForKafka,
  watchProgress,
} from "@campus/service";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { ADMIN_TIMEOUT_MS, GROUP, MANAGEMENT_PORT, PREFIXES, SETTINGS } from "./config.ts";
import { createCounters } from "./counters.ts";
import { reportSetAside } from "./dead-letter-report.ts";
import { createMembership } from "./membership.ts";
import { createMetricsFile } from "./metrics-file.ts";
import { openStore, prepareStore, type StoreContext } from "./open-store.ts";
import { createProcessor, keyOf, type Processor } from "./processor.ts";
import { createReporter } from "./reporter.ts";

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
    onCounted: (topic, events) => counters.counted(topic, events),
    onSetAside(letters) {
      counters.setAside(letters.length);
      reportSetAside(log, letters);
    },
  });
  const reporter = createReporter({ processor, store, partitions, file, log, startedAtMs });
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
