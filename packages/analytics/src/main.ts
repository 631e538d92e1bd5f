// The analytics consumer, wired: both topics in, live figures out. Everything it does stands in the modules it puts together.

import { createMissingTopics, TOPICS } from "@campus/events";
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
import {
  ADMIN_TIMEOUT_MS,
  GROUP,
  MANAGEMENT_PORT,
  PREFIXES,
  RECONNECT_BACKOFF_MAX_MS,
  SETTINGS,
} from "./config.ts";
import { createCounters } from "./counters.ts";
import { createMetricsFile } from "./metrics-file.ts";
import { createProcessor } from "./processor.ts";
import { createReporter, WRITERS_PARTITION } from "./reporter.ts";

const { settings, log, lifecycle, readiness, metrics } = await startService({
  name: "analytics",
  description:
    "Counts orders and their outcomes: reads order-events and inventory-events, writes the metrics file.",
  settings: SETTINGS,
  prefixes: PREFIXES,
  managementPort: MANAGEMENT_PORT,
});
const startedAtMs = Date.now();
const topics = TOPICS.map(({ topic }) => topic);

async function run(): Promise<void> {
  const client = {
    brokers: settings.brokers,
    librdkafka: { "reconnect.backoff.max.ms": RECONNECT_BACKOFF_MAX_MS },
    clientId: "campus-analytics",
    ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
  };
  const folder = await openDeadLetterFolder(settings.deadLettersFolder);
  const deadLetters = withDeadLetterLog(folder, { log, onAdded: (count) => counters.setAside(count) });
  const file = createMetricsFile(settings.metricsFile);
  await file.prepare();

  /** As often as it takes, until the process ends: a Kafka that is away comes back. */
  function patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const isRetriable = (error: unknown) => error instanceof KafkaError && !error.fatal;
    return waitForKafka({ attempt, brokers: settings.brokers, log, signal: lifecycle.signal, isRetriable });
  }

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
    async onAssigned(assigned) {
      const starts = await processor.assigned(assigned);
      log.info("assigned {partitions}", { partitions: names(assigned) });
      readiness.clear("starting");
      if (includesWriters(assigned)) {
        reporter.begin();
        void reporter.report();
      }
      return starts;
    },
    async onRevoked(revoked) {
      // Side by side: when Kafka does not answer, the figures are written all the same.
      await Promise.all([save(), includesWriters(revoked) ? reporter.report() : undefined]);
      processor.drop(revoked);
      log.info("gave back {partitions}", { partitions: names(revoked) });
    },
    onLost(lost) {
      processor.drop(lost);
      log.warn("lost {partitions}: the group went on without it", { partitions: names(lost) });
    },
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
  registerConsumerLag({ registry: metrics, lag: () => consumer.lag() });

  /** A save that fails is made up for by the next one: offsets and counts stay together. */
  async function save(): Promise<void> {
    await processor.save().catch((error) => log.warn("not committed this time: {error}", { error }));
  }
  const timers = [
    setInterval(() => void save(), settings.commitIntervalMs),
    setInterval(() => void reporter.report(), settings.intervalMs),
  ];
  lifecycle.onDrain("consumer", async (remainingMs) => {
    for (const timer of timers) clearInterval(timer);
    // Gives the partitions back, which saves the counts and writes the last report.
    await consumer.close({ timeoutMs: remainingMs * 0.8 });
  });

  await consumer.run((batch) => processor.handle(batch), { concurrency: all.length });
}

function names(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(" ") || "nothing new";
}

function includesWriters(partitions: readonly TopicPartition[]): boolean {
  return partitions.some(
    ({ topic, partition }) => topic === WRITERS_PARTITION.topic && partition === WRITERS_PARTITION.partition,
  );
}

await run().catch((error) => lifecycle.fail(error));
