/**
 * The inventory consumer, wired: orders in, reservations out. Everything it does stands in the modules it puts together. Some of those can be
 * replaced, which only tests do: a program of theirs calls `startInventory` with the pieces it wants otherwise.
 */
import { createMissingTopics, ORDER_EVENTS } from "@campus/events";
import {
  type Consumer,
  createAdmin,
  createConsumer,
  createProducer,
  type TopicPartition,
  type TopicPartitionOffset,
} from "@campus/kafka";
import {
  kafkaLogHandlers,
  registerConsumerLag,
  type Service,
  startService,
  waitForKafka,
  watchProgress,
} from "@campus/service";
import { createAcknowledgedDelivery } from "./acknowledged-delivery.ts";
import { ADMIN_TIMEOUT_MS, GROUP, MANAGEMENT_PORT, PREFIXES, SETTINGS } from "./config.ts";
import { createCounters } from "./counters.ts";
import { reportSetAside } from "./dead-letter-report.ts";
import { createDecider } from "./decider.ts";
import type { CreateDelivery } from "./delivery.ts";
import { Lane } from "./lane.ts";
import { createLanes } from "./lanes.ts";
import { createPublisher } from "./publisher.ts";
import { isReserved } from "./reservation.ts";
import { readTails } from "./tail-reader.ts";
import { createTransactionalDelivery } from "./transactional-delivery.ts";

/** What a test may put in the place of the real thing. */
export interface InventoryPieces {
  /** Without it, what INVENTORY_DELIVERY asks for. */
  readonly createDelivery?: CreateDelivery;
  /** Makes the consumer go on from an offset after a delivery that failed. */
  readonly rewind?: (consumer: Consumer, to: TopicPartitionOffset) => Promise<void>;
}

/** Runs until the process is told to end. */
export async function startInventory(pieces: InventoryPieces = {}): Promise<void> {
  const service = await startService({
    name: "inventory",
    description: "Reserves stock for orders: reads order-events, writes inventory-events.",
    settings: SETTINGS,
    prefixes: PREFIXES,
    managementPort: MANAGEMENT_PORT,
  });
  for (const name of Object.keys(pieces))
    service.log.warn("NOT THE REAL THING: {name} was replaced, which is for tests only", { name });
  await run(service, pieces).catch((error) => service.lifecycle.fail(error));
}

type Inventory = Service<typeof SETTINGS>;

async function run(service: Inventory, pieces: InventoryPieces): Promise<void> {
  const { settings, log, lifecycle, readiness, metrics, kafka } = service;
  const { brokers } = kafka;
  const client = {
    ...kafka,
    clientId: "campus-inventory",
    ...kafkaLogHandlers({ log, onFatal: (error) => void lifecycle.fail(error) }),
  };
  readiness.block("starting", "it waits for Kafka");
  const partitions = await waitForKafka({
    brokers,
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

  const lanes = createLanesOf(service, client, () => consumer, pieces);
  const consumer = createConsumer({
    ...client,
    groupId: GROUP,
    topics: [ORDER_EVENTS],
    autoOffsetReset: "earliest",
    sessionTimeoutMs: settings.sessionTimeoutMs,
    maxBatchRecords: batchRecords(settings.batchMaxRecords),
    async onAssigned(assigned) {
      const starts = await lanes.onAssigned(assigned);
      log.info("assigned {partitions}", { partitions: names(assigned) });
      readiness.clear("starting");
      return starts;
    },
    async onRevoked(revoked) {
      await lanes.onRevoked(revoked);
      log.info("gave back {partitions}", { partitions: names(revoked) });
    },
    onEnd: (end) => lanes.onEnd(end),
    onLost(lost) {
      lanes.onLost(lost);
      log.warn("lost {partitions}: the group went on without it", { partitions: names(lost) });
    },
  });
  lifecycle.onDrain("consumer", async (remainingMs) => {
    const from = performance.now();
    // What is decided gets most of the time; what Kafka does not take by then is decided again after the next start.
    const timer = setTimeout(() => lanes.end(lifecycle.signal.reason), remainingMs * 0.6);
    await lanes.drain();
    await consumer.close({ timeoutMs: remainingMs * 0.8 - (performance.now() - from) });
    clearTimeout(timer);
  });
  registerConsumerLag({ registry: metrics, lag: () => consumer.lag() });
  const { signal } = lifecycle;
  watchProgress({ readiness, log, signal, stallTimeoutMs: settings.stallTimeoutMs, look: lanes.progress });

  // As many at once as there are partitions: while one waits for room, another's orders are decided.
  await consumer.run((batch) => lanes.accept(batch), { concurrency: partitions });
}

type Client = ReturnType<typeof kafkaLogHandlers> & Inventory["kafka"] & { clientId: string };

function createLanesOf(
  { settings, log, lifecycle, metrics }: Inventory,
  client: Client,
  consumer: () => Consumer,
  pieces: InventoryPieces,
) {
  const counters = createCounters(metrics);
  const { rewind = (consumer, to) => consumer.seek([to]) } = pieces;
  const createDelivery = pieces.createDelivery ?? deliveryBySetting();
  const decider = createDecider({ isReserved, ...settings });
  const onFailure = (error: unknown) => void lifecycle.fail(error);
  // A producer whose id another one has taken is fenced, which it calls fatal: for the lane it is an error like others.
  const laneClient = {
    ...client,
    ...kafkaLogHandlers({ log, onFatal: (error) => log.info("{error}", { error }) }),
  };

  function deliveryBySetting(): CreateDelivery {
    if (settings.delivery === "exactly-once") return createTransactionalDelivery;
    const producer = createProducer(client);
    lifecycle.onDrain("producer", (remainingMs) => producer.close({ timeoutMs: remainingMs }));
    const publisher = createPublisher({ producer, log, onRetry: counters.publishRetried });
    return (context) => createAcknowledgedDelivery({ ...context, publisher });
  }

  return createLanes({
    consumer,
    windowOrders: settings.windowOrders,
    log,
    readTails: (tails, signal) => readTails(tails, { client, groupId: GROUP, log, signal }),
    createLane: (partition, window) =>
      new Lane({
        partition,
        window,
        decide: decider,
        maxRecords: settings.batchMaxRecords,
        log,
        onDelivered(parcel) {
          counters.delivered(parcel);
          reportSetAside(log, parcel.decisions.letters);
        },
        onFailure,
        delivery: createDelivery({
          partition,
          groupId: GROUP,
          client: laneClient,
          consumer: consumer(),
          log,
          counters,
        }),
        rewind(to) {
          const isHeld = consumer()
            .assignment()
            .some((held) => held.topic === to.topic && held.partition === to.partition);
          // A seek that fails would leave out what was read and not committed.
          if (isHeld) rewind(consumer(), to).catch(onFailure);
          return isHeld;
        },
      }),
  });
}

/** Several batches make a parcel, so that its size follows the time the one before it takes. */
function batchRecords(parcelMaxRecords: number): number {
  return Math.min(2_500, Math.ceil(parcelMaxRecords / 4));
}

function names(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(" ") || "nothing new";
}
