/**
 * Analytics alone, as real processes that share a metrics file, on topics a test writes into itself: what it counts can be held against what was
 * written, and against the log.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deadLetterTopic, decodeEvent, EVENT_TOPICS, encodeEvent, ORDER_EVENTS } from "@campus/events";
import { createProducer, type ProducerRecord } from "@campus/kafka";
import { createServiceProcess, type ServiceProcess } from "./service-process.ts";
import { type Metrics, readMetrics } from "./system.ts";
import { followTopic } from "./topic-log.ts";
import { until } from "./until.ts";

export interface Totals {
  readonly orders: number;
  readonly reserved: number;
  readonly failed: number;
}

export interface AnalyticsFleet extends AsyncDisposable {
  /** One more instance, not started. */
  create(options?: { program?: string; environment?: Readonly<Record<string, string>> }): ServiceProcess;
  /** What the metrics file says. */
  totals(): Promise<Totals>;
  metrics(): Promise<Metrics | undefined>;
  /** Ends the instances that still run. */
  stop(): Promise<void>;
  /** Waits until the file says so. */
  untilTotals(expected: Totals, deadlineMs?: number): Promise<void>;
}

export async function createFleet(
  brokers: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<AnalyticsFleet> {
  const folder = await mkdtemp(join(tmpdir(), "campus-analytics-"));
  const file = join(folder, "metrics.json");
  const instances: ServiceProcess[] = [];
  const totals = async () => {
    const { total_orders = 0, reserved_orders = 0, failed_orders = 0 } = (await readMetrics(file)) ?? {};
    return { orders: total_orders, reserved: reserved_orders, failed: failed_orders };
  };
  const stop = async () => void (await Promise.all(instances.map((instance) => instance.stop())));
  return {
    stop,
    create(options = {}) {
      const settings = {
        KAFKA_BROKER: brokers,
        KAFKA_SESSION_TIMEOUT: "2s",
        ANALYTICS_METRICS_FILE: file,
        ANALYTICS_INTERVAL: "100ms",
        // Often, so that a kill finds a transaction open.
        ANALYTICS_COMMIT_INTERVAL: "50ms",
        ...environment,
        ...options.environment,
      };
      const { program } = options;
      const instance = createServiceProcess({
        name: "analytics",
        environment: settings,
        ...(program === undefined ? {} : { program }),
      });
      instances.push(instance);
      return instance;
    },
    totals,
    metrics: () => readMetrics(file),
    async untilTotals(expected, deadlineMs = 30_000) {
      const isSo = async () => Bun.deepEquals(await totals(), expected);
      await until(`the totals are ${JSON.stringify(expected)}`, isSo, { deadlineMs }).catch(async (error) => {
        const tails = instances.map((instance) => instance.tail(12)).join("\n");
        throw new Error(`${error.message}; they are ${JSON.stringify(await totals())}\n${tails}`);
      });
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes events over all partitions, as a producer and an inventory would; every hundredth record is none. */
export function createEvents(brokers: string) {
  const producer = createProducer({ brokers, onLog: () => undefined, onError: () => undefined });
  const written = { orders: 0, reserved: 0, failed: 0, poison: 0 };
  let count = 0;

  function nextOf(topic: string): ProducerRecord {
    const id = crypto.randomUUID();
    if (++count % 100 === 0) {
      written.poison++;
      return { key: id, value: `poison ${count}` };
    }
    const about = { event_id: id, order_id: id, timestamp: new Date().toISOString() };
    if (topic === ORDER_EVENTS) {
      written.orders++;
      const payload = { user_id: "user123", item: "Burger", quantity: 2 };
      return { key: id, value: encodeEvent({ ...about, event_type: "OrderPlaced", payload }) };
    }
    const success = count % 10 !== 0;
    written[success ? "reserved" : "failed"]++;
    const outcome = success
      ? ({ event_type: "InventoryReserved", success } as const)
      : ({ event_type: "InventoryFailed", success } as const);
    return { key: id, value: encodeEvent({ ...about, ...outcome }) };
  }

  const next = (topic: string, records: number) => Array.from({ length: records }, () => nextOf(topic));

  return {
    /** Events for the caller to write; they count as written. */
    next,
    /** This many into each topic; resolves when they are there. */
    async write(records: number): Promise<void> {
      for (const topic of EVENT_TOPICS) await producer.sendBatch(topic, next(topic, records));
    },
    /** What was written so far. */
    totals: (): Totals => ({ orders: written.orders, reserved: written.reserved, failed: written.failed }),
    poison: () => written.poison,
    /** A record into every partition of the dead-letter topics, so that a reader knows where to stop. */
    async endDeadLetters(): Promise<void> {
      for (const topic of EVENT_TOPICS)
        for (const partition of [0, 1, 2])
          await producer.send(deadLetterTopic(topic), { value: "end", partition });
    },
    close: () => producer.close(),
  };
}

/** The totals worked out from the log, of all that lies at or behind `from` in a partition. */
export async function recount(
  brokers: string,
  from: (topic: string, partition: number) => number = () => 0,
): Promise<Totals> {
  const counted = { orders: 0, reserved: 0, failed: 0 };
  for (const topic of EVENT_TOPICS) {
    await using log = followTopic(brokers, topic);
    await log.catchUp();
    for (const { partition, offset, value } of log.all()) {
      if (offset < from(topic, partition) || value.toString().startsWith("poison")) continue;
      const { event_type } = decodeEvent(value);
      if (event_type === "OrderPlaced") counted.orders++;
      else counted[event_type === "InventoryReserved" ? "reserved" : "failed"]++;
    }
  }
  return counted;
}

/** The places of the records that lie in the dead-letter topics, sorted. */
export async function deadLetterValues(brokers: string): Promise<string[]> {
  const values: string[] = [];
  for (const topic of EVENT_TOPICS) {
    await using log = followTopic(brokers, deadLetterTopic(topic));
    await until(
      `${deadLetterTopic(topic)} was read to its end`,
      () => log.partitions.every((partition) => partition.at(-1)?.text === "end"),
      { deadlineMs: 20_000 },
    );
    values.push(
      ...log
        .all()
        .map(({ text }) => text)
        .filter((text) => text !== "end"),
    );
  }
  return values.toSorted();
}
