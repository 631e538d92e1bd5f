/** The producer: orders come in over HTTP and go out as events to `order-events`. Wiring only. */
import { createMissingTopics, ORDER_EVENTS } from "@campus/events";
import { createAdmin, createProducer, type KafkaError } from "@campus/kafka";
import { kafkaLogHandlers, startService, waitForKafka } from "@campus/service";
import type { ClosedReason } from "./answers.ts";
import { MANAGEMENT_PORT, PREFIXES, SETTINGS, TIMEOUT_SCAN_MS } from "./config.ts";
import { createFailureLog } from "./failure-log.ts";
import { createHttp } from "./http.ts";
import { createKafkaHealth } from "./kafka-health.ts";
import { createKeyedIntake } from "./keyed-intake.ts";
import { createOrderPlacer } from "./order.ts";
import { registerMetrics } from "./producer-metrics.ts";
import { createPublisher } from "./publisher.ts";
import { createRenewingProducer } from "./renewing-producer.ts";
import { startServer } from "./server.ts";

const { settings, log, lifecycle, readiness, metrics } = await startService({
  name: "producer",
  description: "Takes orders over HTTP and publishes each as an OrderPlaced event to Kafka.",
  settings: SETTINGS,
  prefixes: PREFIXES,
  managementPort: MANAGEMENT_PORT,
});
const { brokers } = settings;
const clientId = "campus-producer";

const producer = createRenewingProducer({
  create: (onFatal) =>
    createProducer({
      brokers,
      clientId,
      ...kafkaLogHandlers({ log, onFatal: (error) => onFatal(error as KafkaError) }),
      acks: "all",
      idempotent: true,
      compression: settings.compression,
      lingerMs: settings.lingerMs,
      deliveryTimeoutMs: settings.deliveryTimeoutMs - TIMEOUT_SCAN_MS,
      maxQueuedRecords: settings.maxInFlight,
    }),
  flushTimeoutMs: settings.deliveryTimeoutMs,
  onLost(error) {
    readiness.block("producer", "the Kafka producer is being replaced after a fatal error");
    log.error("the Kafka producer can't go on and is replaced: {error}", {
      error,
      inFlight: publisher.inFlight,
    });
  },
  onRenewed() {
    readiness.clear("producer");
    log.info("the Kafka producer was replaced", { renewals: producer.renewals });
  },
});
lifecycle.onDrain("Kafka producer", (remainingMs) => producer.close({ timeoutMs: remainingMs }));

const publisher = createPublisher({
  producer,
  topic: ORDER_EVENTS,
  codec: settings.codec,
  maxInFlight: settings.maxInFlight,
  onFailure: createFailureLog({ log }),
});
registerMetrics(metrics, publisher, producer);

const kafkaHealth = createKafkaHealth({
  describeCluster: (options) => producer.describeCluster(options),
  onChange({ isReachable }, error) {
    if (isReachable) readiness.clear("kafka");
    else readiness.block("kafka", "no broker answers");
    if (!isReachable)
      log.warn("Kafka can't be reached at {brokers}: {error}", { brokers: brokers.join(","), error });
    else log.info("Kafka can be reached");
  },
});
const healthTimer = setInterval(() => void kafkaHealth.check(), 2000);
lifecycle.onDrain("health checks", () => clearInterval(healthTimer));

let isStarting = true;
function closedBecause(): ClosedReason | undefined {
  if (lifecycle.signal.aborted) return "draining";
  if (isStarting) return "starting";
  return producer.isReady ? undefined : "recovering";
}

const placeOrder = createOrderPlacer();

const server = startServer({
  app: createHttp({
    publisher,
    keyedIntake: createKeyedIntake({
      publisher,
      placeOrder,
      windowMs: settings.idempotencyWindowMs,
      maxKeys: settings.idempotencyMaxKeys,
    }),
    acknowledge: settings.acknowledge,
    kafkaHealth,
    placeOrder,
    closedBecause,
    onError: (error) => log.error("a request failed: {error}", { error }),
  }),
  host: settings.host,
  port: settings.port,
  answerTimeoutMs: settings.deliveryTimeoutMs,
});
lifecycle.onDrain("HTTP server", async (remainingMs) => {
  const deadline = performance.now() + remainingMs;
  await publisher.idle();
  await server.stop(Math.max(0, deadline - performance.now() - 2000));
});
log.info("HTTP at {url}", { url: server.url });

// Each attempt is short, so that a user soon reads what is being waited for.
const admin = createAdmin({
  brokers,
  clientId,
  ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
  timeoutMs: 3000,
});
lifecycle.onDrain("Kafka admin", () => admin.close());
const created = await waitForKafka({
  attempt: () => createMissingTopics(admin, { replication: settings.replication }),
  brokers,
  log,
  signal: lifecycle.signal,
});
for (const { topic, partitions, replicationFactor } of created) {
  log.info("created topic {topic}", { topic, partitions, replicationFactor });
}
await admin.close();

isStarting = false;
readiness.clear("starting");
log.info("listening", { url: server.url });
