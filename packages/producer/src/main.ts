/** The producer: orders come in over HTTP and go out as events to `order-events`. Wiring only. */
import { createMissingTopics, type NewTopic, ORDER_EVENTS } from "@campus/events";
import { createAdmin, createProducer, type KafkaError } from "@campus/kafka";
import { allowedHosts, kafkaLogHandlers, startService, waitForKafka } from "@campus/service";
import { apiKeysOrExit, tlsFilesOrExit } from "./access-settings.ts";
import type { ClosedReason } from "./answers.ts";
import { MANAGEMENT_PORT, PREFIXES, SETTINGS, TIMEOUT_SCAN_MS } from "./config.ts";
import { boundConnections, type ConnectionBound } from "./connection-bound.ts";
import { createFailureLog } from "./failure-log.ts";
import { createGate } from "./gate.ts";
import { createHttp } from "./http.ts";
import { createKafkaHealth } from "./kafka-health.ts";
import { registerKafkaStatistics, STATISTICS_INTERVAL_MS } from "./kafka-statistics.ts";
import { createKeyedIntake } from "./keyed-intake.ts";
import { findListeningSocket } from "./listening-socket.ts";
import { createOrderPlacer } from "./order.ts";
import { createOrderIds } from "./order-ids.ts";
import { openOrderStreams } from "./order-streams.ts";
import { createOrderTracker } from "./order-tracker.ts";
import { registerConnectionMetrics, registerMetrics } from "./producer-metrics.ts";
import { createPublisher } from "./publisher.ts";
import { createRateLimit } from "./rate-limit.ts";
import { createRenewingProducer } from "./renewing-producer.ts";
import { registerRequestMetrics } from "./request-metrics.ts";
import { startServer } from "./server.ts";
import { drainWithParent, isSibling, startSiblings } from "./siblings.ts";
import { createTracing, registeredTracer } from "./tracing.ts";

const { settings, log, lifecycle, readiness, metrics, kafka } = await startService({
  name: "producer",
  description: "Takes orders over HTTP and publishes each as an OrderPlaced event to Kafka.",
  settings: SETTINGS,
  prefixes: PREFIXES,
  managementPort: MANAGEMENT_PORT,
});
if (isSibling()) drainWithParent(lifecycle);
const { brokers } = kafka;
const apiKeys = await apiKeysOrExit(settings, log);
const clientId = "campus-producer";

const onStatistics = registerKafkaStatistics(metrics);

const producer = createRenewingProducer({
  create: (onFatal) =>
    createProducer({
      ...kafka,
      clientId,
      ...kafkaLogHandlers({ log, onFatal: (error) => onFatal(error as KafkaError) }),
      acks: "all",
      idempotent: true,
      compression: settings.compression,
      lingerMs: settings.lingerMs,
      deliveryTimeoutMs: settings.deliveryTimeoutMs - TIMEOUT_SCAN_MS,
      maxQueuedRecords: settings.maxInFlight,
      onStatistics,
      statisticsIntervalMs: STATISTICS_INTERVAL_MS,
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
const onAnswer = registerRequestMetrics(metrics);

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
// While the producer is replaced there is nobody to ask with.
const healthTimer = setInterval(() => producer.isReady && void kafkaHealth.check(), 2000);
lifecycle.onDrain("health checks", () => clearInterval(healthTimer));

let isStarting = true;
function closedBecause(): ClosedReason | undefined {
  if (lifecycle.signal.aborted) return "draining";
  if (isStarting) return "starting";
  return producer.isReady ? undefined : "recovering";
}

if (settings.otelSdkModule !== undefined) {
  const module = settings.otelSdkModule;
  await import(Bun.resolveSync(module, process.cwd()));
  if (registeredTracer() === undefined) {
    throw new Error(`OTEL_SDK_MODULE=${module} registered no OpenTelemetry SDK when it was imported.`);
  }
}
const placeOrder = createOrderPlacer();
const orderIds = createOrderIds();
const rateLimit =
  settings.rateLimit === 0
    ? undefined
    : createRateLimit({ ordersPerSecond: settings.rateLimit, burst: settings.rateBurst });

// It takes no part in placing orders, so its errors end nothing but itself.
const stateClient = {
  ...kafka,
  clientId,
  ...kafkaLogHandlers({ log, onFatal: (error) => log.error("{error}", { error }) }),
};
const tracker =
  settings.recentOrders === 0
    ? undefined
    : createOrderTracker({
        open: (...handlers) =>
          openOrderStreams({ client: stateClient, recentOrders: settings.recentOrders }, ...handlers),
        maxOrders: settings.recentOrders,
        onError: (error) => log.error("reading the state of orders ended: {error}", { error }),
      });
lifecycle.onDrain("order states", () => tracker?.close());

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
    gate: createGate({ hosts: allowedHosts(settings.allowedHosts, settings.host), apiKeys }),
    tracing: createTracing({ topic: ORDER_EVENTS, tracer: registeredTracer() }),
    rateLimit,
    tracker,
    bodyMemoryBytes: settings.bodyMemoryMiB * 1024 * 1024,
    kafkaHealth,
    placeOrder,
    scans: settings.codec === "json",
    newOrderId: orderIds.next,
    closedBecause,
    onAnswer,
    onError: (error, requestId) => log.error("a request failed: {error}", { error, requestId }),
  }),
  host: settings.host,
  port: settings.port,
  isPortShared: settings.processes > 1,
  tls: tlsFilesOrExit(settings),
  answerTimeoutMs: settings.deliveryTimeoutMs,
});
const connections = settings.maxConnections === 0 ? undefined : boundOrWarn();
if (connections !== undefined) registerConnectionMetrics(metrics, connections);
lifecycle.onDrain("HTTP server", async (remainingMs) => {
  connections?.stop();
  const deadline = performance.now() + remainingMs;
  await publisher.idle();
  await server.stop(Math.max(0, deadline - performance.now() - 2000));
});

function boundOrWarn(): ConnectionBound | undefined {
  try {
    const bound = boundConnections({
      socket: findListeningSocket(server.port),
      most: settings.maxConnections,
      onFull: (most) => log.warn("{most} connections are open: new ones wait", { most }),
      onError: (error) => log.error("connections can't be bounded: {error}", { error }),
    });
    if (bound.most < settings.maxConnections)
      log.info("{most} connections at most, because of ulimit -n", { most: bound.most });
    return bound;
  } catch (error) {
    log.warn("connections have no bound here (PRODUCER_MAX_CONNECTIONS): {error}", { error });
    return undefined;
  }
}

log.info("HTTP at {url}", { url: server.url });

// Each attempt is short, so that a user soon reads what is being waited for.
const admin = createAdmin({
  ...kafka,
  clientId,
  ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
  timeoutMs: 3000,
});
lifecycle.onDrain("Kafka admin", () => admin.close());
const created: NewTopic[] = [];
await waitForKafka({
  async attempt() {
    created.push(...(await createMissingTopics(admin, { replication: settings.replication })));
    const [orders] = await admin.describeTopics([ORDER_EVENTS]);
    if (orders !== undefined) orderIds.spreadOver(orders.partitions.length);
  },
  brokers,
  log,
  signal: lifecycle.signal,
});
for (const { topic, partitions, replicationFactor } of created) {
  log.info("created topic {topic}", { topic, partitions, replicationFactor });
}
await admin.close();

if (settings.processes > 1 && !isSibling()) {
  startSiblings({
    count: settings.processes - 1,
    port: server.port,
    script: import.meta.path,
    lifecycle,
    log,
  });
}

isStarting = false;
readiness.clear("starting");
log.info("listening", { url: server.url });
