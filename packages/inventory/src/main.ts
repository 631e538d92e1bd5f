/** The inventory consumer, wired: orders in, reservations out. Everything it does stands in the modules it puts together. */
import { createMissingTopics, ORDER_EVENTS } from "@campus/events";
import { createAdmin, createConsumer, createProducer, type TopicPartition } from "@campus/kafka";
import {
  kafkaLogHandlers,
  openDeadLetterFolder,
  registerConsumerLag,
  startService,
  waitForKafka,
  withDeadLetterLog,
} from "@campus/service";
import { ADMIN_TIMEOUT_MS, GROUP, MANAGEMENT_PORT, PREFIXES, SETTINGS } from "./config.ts";
import { createCounters } from "./counters.ts";
import { createProcessor } from "./processor.ts";
import { createPublisher } from "./publisher.ts";

const { settings, log, lifecycle, readiness, metrics } = await startService({
  name: "inventory",
  description: "Reserves stock for orders: reads order-events, writes inventory-events.",
  settings: SETTINGS,
  prefixes: PREFIXES,
  managementPort: MANAGEMENT_PORT,
});

const client = {
  brokers: settings.brokers,
  clientId: "campus-inventory",
  ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
};

async function run(): Promise<void> {
  const counters = createCounters(metrics);
  const folder = await openDeadLetterFolder(settings.deadLettersFolder);
  const deadLetters = withDeadLetterLog(folder, { log, onAdded: counters.setAside });
  readiness.block("starting", "it waits for Kafka");
  const partitions = await waitForKafka({
    brokers: settings.brokers,
    log,
    signal: lifecycle.signal,
    async attempt() {
      await using admin = createAdmin({ ...client, timeoutMs: ADMIN_TIMEOUT_MS });
      await createMissingTopics(admin, { replication: settings.replication });
      const [orders] = await admin.describeTopics([ORDER_EVENTS]);
      return orders?.partitions.length ?? 1;
    },
  });

  readiness.block("starting", "it waits for its group to let it in");

  const producer = createProducer(client);
  lifecycle.onDrain("producer", (remainingMs) => producer.close({ timeoutMs: remainingMs }));

  const givingUp = new AbortController();
  const publisher = createPublisher({
    producer,
    log,
    signal: givingUp.signal,
    onRetry: counters.publishRetried,
  });
  const processor = createProcessor({
    publisher,
    deadLetters,
    codec: settings.codec,
    log,
    signal: givingUp.signal,
    onDecided: counters.decided,
  });

  const consumer = createConsumer({
    ...client,
    groupId: GROUP,
    topics: [ORDER_EVENTS],
    autoOffsetReset: "earliest",
    sessionTimeoutMs: settings.sessionTimeoutMs,
    maxBatchRecords: settings.batchMaxRecords,
    onAssigned(assigned) {
      log.info("assigned {partitions}", { partitions: names(assigned) });
      readiness.clear("starting");
    },
    onRevoked: (revoked) => log.info("gave back {partitions}", { partitions: names(revoked) }),
    onLost: (lost) =>
      log.warn("lost {partitions}: the group went on without it", { partitions: names(lost) }),
  });
  lifecycle.onDrain("consumer", async (remainingMs) => {
    // The batches in hand get most of the time; what Kafka does not take by then is decided again after the next start.
    const reason = new Error(
      "The batches in hand could not be published in time, so they are not committed.",
    );
    const timer = setTimeout(() => givingUp.abort(reason), remainingMs * 0.6);
    await consumer.close({ timeoutMs: remainingMs * 0.8 });
    clearTimeout(timer);
  });
  registerConsumerLag({ registry: metrics, lag: () => consumer.lag() });

  // As many at once as there are partitions: while one's outcomes are on their way, another's orders are decided.
  await consumer.run((batch) => processor.handle(batch), { concurrency: partitions });
}

function names(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(" ") || "nothing new";
}

await run().catch((error) => lifecycle.fail(error));
