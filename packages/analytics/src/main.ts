/** The analytics consumer, wired: both topics in, live figures out. Everything it does stands in the modules it puts together. */
import { createMissingTopics, EVENT_TOPICS } from "@campus/events";
import { createAdmin, createConsumer, KafkaError, type TopicPartition } from "@campus/kafka";
import {
  kafkaLogHandlers,
  openDeadLetterFolder,
  registerConsumerLag,
  startService,
  waitForKafka,
  withDeadLetterLog,
} from "@campus/service";
import { createCommitStore } from "./checkpoint-store.ts";
import { ADMIN_TIMEOUT_MS, GROUP, MANAGEMENT_PORT, PREFIXES, SETTINGS } from "./config.ts";
import { createCounters } from "./counters.ts";
import { createMembership } from "./membership.ts";
import { createMetricsFile } from "./metrics-file.ts";
import { createProcessor } from "./processor.ts";
import { createReporter } from "./reporter.ts";

const { settings, log, lifecycle, readiness, metrics } = await startService({
  name: "analytics",
  description:
    "Counts orders and their outcomes: reads order-events and inventory-events, writes the metrics file.",
  settings: SETTINGS,
  prefixes: PREFIXES,
  managementPort: MANAGEMENT_PORT,
});
const startedAtMs = Date.now();
const topics = EVENT_TOPICS;

const client = {
  brokers: settings.brokers,
  clientId: "campus-analytics",
  ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
};

/** As often as it takes, until the process ends: a Kafka that is away comes back. */
function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const isRetriable = (error: unknown) => error instanceof KafkaError && !error.fatal;
  return waitForKafka({ attempt, brokers: settings.brokers, log, signal: lifecycle.signal, isRetriable });
}

async function run(): Promise<void> {
  const folder = await openDeadLetterFolder(settings.deadLettersFolder);
  const deadLetters = withDeadLetterLog(folder, { log, onAdded: (count) => counters.setAside(count) });
  const file = createMetricsFile(settings.metricsFile);
  await file.prepare();

  const admin = createAdmin({ ...client, timeoutMs: ADMIN_TIMEOUT_MS });
  lifecycle.onDrain("Kafka admin", () => admin.close());
  async function partitions(): Promise<TopicPartition[]> {
    const described = await admin.describeTopics(topics);
    return described.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition })),
    );
  }
  readiness.block("starting", "it waits for Kafka");
  const all = await patiently(async () => {
    await createMissingTopics(admin, { replication: settings.replication });
    return partitions();
  });

  readiness.block("starting", "it waits for its group to let it in");

  const consumer = createConsumer({
    ...client,
    groupId: GROUP,
    topics,
    autoOffsetReset: "earliest",
    sessionTimeoutMs: settings.sessionTimeoutMs,
    maxBatchRecords: settings.batchMaxRecords,
    onAssigned: (partitions) => membership.onAssigned(partitions),
    onRevoked: (partitions) => membership.onRevoked(partitions),
    onLost: (partitions) => membership.onLost(partitions),
  });
  const store = createCommitStore(consumer);
  const processor = createProcessor({
    store: { ...store, load: (partitions) => patiently(() => store.load(partitions)) },
    deadLetters,
    log,
    onCounted: (topic, events) => counters.counted(topic, events),
  });
  const counters = createCounters(metrics, processor.checkpoints);
  const reporter = createReporter({ processor, store, partitions, file, log, startedAtMs });
  const membership = createMembership({
    processor,
    reporter,
    log,
    onJoined: () => readiness.clear("starting"),
  });
  registerConsumerLag({ registry: metrics, lag: () => consumer.lag() });

  const timers = [
    setInterval(() => void membership.save(), settings.commitIntervalMs),
    setInterval(() => void reporter.report(), settings.intervalMs),
  ];
  lifecycle.onDrain("consumer", async (remainingMs) => {
    for (const timer of timers) clearInterval(timer);
    // Gives the partitions back, which saves the counts and writes the last report.
    await consumer.close({ timeoutMs: remainingMs * 0.8 });
  });

  await consumer.run((batch) => processor.handle(batch), { concurrency: all.length });
}

await run().catch((error) => lifecycle.fail(error));
