/** Orders posted at a fixed rate, whatever the answers, and how long after its 202 each one's decision is visible to a reader of committed records. */
import { numberedOrder, postOrders } from "@campus/cli/order-post";
import { INVENTORY_EVENTS } from "@campus/events";
import { createConsumer } from "@campus/kafka";
import { build, type Histogram } from "hdr-histogram-js";
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";

export interface OrderFlow {
  /** Orders a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly ordersPerRequest: number;
}

export interface FlowResult {
  readonly due: number;
  readonly accepted: number;
  readonly decided: number;
  /** From the first request to the last decision. */
  readonly seconds: number;
  /** From the 202 to the decision, in microseconds. */
  readonly decision: Histogram;
  /** From when a request was due to its 202, in microseconds. */
  readonly answer: Histogram;
}

/** Requests at once at most; what is due beyond that waits, and its wait counts. */
const requestsInFlight = 200;
const drainMs = 15_000;
const longestUs = 600_000_000;

const histogram = () => build({ highestTrackableValue: longestUs, numberOfSignificantValueDigits: 3 });
const micros = (ms: number) => Math.min(longestUs, Math.max(1, Math.round(1_000 * ms)));

/** @throws RunFailed, KafkaError */
export async function driveOrders(
  { brokers, admin }: BenchCluster,
  url: string,
  { rate, seconds, ordersPerRequest }: OrderFlow,
  signal: AbortSignal,
): Promise<FlowResult> {
  const [decision, answer] = [histogram(), histogram()];
  /** Accepted and not seen decided, or decided and not answered yet: when. */
  const waiting = new Map<string, number>();
  const early = new Map<string, number>();
  let [accepted, decided, inFlight, lastMs] = [0, 0, 0, 0];

  function decide(ms: number): void {
    decided++;
    lastMs = performance.now();
    decision.recordValue(micros(ms));
  }

  const places = Array.from({ length: partitions }, (_, partition) => ({
    topic: INVENTORY_EVENTS,
    partition,
  }));
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: "latest" as const })));
  await using consumer = createConsumer({
    ...{ brokers, groupId: `bench-flow-${crypto.randomUUID()}`, autoOffsetReset: "earliest" as const },
    partitions: ends.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    onLog: () => undefined,
  });
  const reading = consumer.run((batch) => {
    const now = performance.now();
    for (const { key } of batch) {
      const id = String(key);
      const acceptedAt = waiting.get(id);
      if (acceptedAt === undefined) early.set(id, now);
      else if (waiting.delete(id)) decide(now - acceptedAt);
    }
  });

  const intervalMs = (1_000 * ordersPerRequest) / rate;
  const requests = Math.round((1_000 * seconds) / intervalMs);
  const startedAt = performance.now();

  async function send(index: number): Promise<void> {
    const orders = Array.from({ length: ordersPerRequest }, (_, i) =>
      numberedOrder(index * ordersPerRequest + i),
    );
    const { ids = [] } = await postOrders(orders, { url });
    const now = performance.now();
    if (ids.length > 0) answer.recordValue(micros(now - startedAt - index * intervalMs));
    accepted += ids.length;
    for (const id of ids) {
      const seenAt = early.get(id);
      if (seenAt === undefined) waiting.set(id, now);
      // The decision was visible before the answer came.
      else if (early.delete(id)) decide(Math.max(0, seenAt - now));
    }
  }

  let sent = 0;
  while (sent < requests && performance.now() - startedAt < 1_000 * seconds + drainMs) {
    signal.throwIfAborted();
    const due = Math.min(requests, Math.floor((performance.now() - startedAt) / intervalMs) + 1);
    for (; sent < due && inFlight < requestsInFlight; sent++) {
      inFlight++;
      void send(sent).finally(() => inFlight--);
    }
    await Bun.sleep(1);
  }
  const deadline = performance.now() + drainMs;
  while ((inFlight > 0 || decided < accepted) && performance.now() < deadline) await Bun.sleep(5);
  const elapsed = (lastMs - startedAt) / 1_000;
  await consumer.close();
  await reading;
  return { due: requests * ordersPerRequest, accepted, decided, seconds: elapsed, decision, answer };
}
