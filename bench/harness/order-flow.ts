/** Orders posted at a fixed rate, whatever the answers, and how long after its 202 each one's decision is visible to a reader of committed records. */
import { INVENTORY_EVENTS } from "@campus/events";
import { createConsumer } from "@campus/kafka";
import { build, type Histogram } from "hdr-histogram-js";
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";
import { openLoop } from "./open-loop.ts";
import { placesOf } from "./topics.ts";

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

const drainMs = 15_000;
const longestUs = 600_000_000;

/** @throws RunFailed, KafkaError */
export async function driveOrders(
  { brokers, admin }: BenchCluster,
  url: string,
  { rate, seconds, ordersPerRequest }: OrderFlow,
  signal: AbortSignal,
): Promise<FlowResult> {
  const decision = build({ highestTrackableValue: longestUs, numberOfSignificantValueDigits: 3 });
  /** Accepted and not seen decided, or decided and not answered yet: when. */
  const waiting = new Map<string, number>();
  const early = new Map<string, number>();
  let [decided, lastMs] = [0, 0];

  function decide(ms: number): void {
    decided++;
    lastMs = performance.now();
    decision.recordValue(Math.min(longestUs, Math.max(1, Math.round(1_000 * ms))));
  }

  const places = placesOf(INVENTORY_EVENTS, partitions);
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

  function accept(ids: readonly string[]): void {
    const now = performance.now();
    for (const id of ids) {
      const seenAt = early.get(id);
      if (seenAt === undefined) waiting.set(id, now);
      // The decision was visible before the answer came.
      else if (early.delete(id)) decide(Math.max(0, seenAt - now));
    }
  }

  const startedAt = performance.now();
  const load = { url, rate, seconds, ordersPerRequest, onAccepted: accept };
  const { due, accepted, latency } = await openLoop(load, signal);
  const deadline = performance.now() + drainMs;
  while (decided < accepted && performance.now() < deadline) await Bun.sleep(5);
  const elapsed = (lastMs - startedAt) / 1_000;
  await consumer.close();
  await reading;
  return { due, accepted, decided, seconds: elapsed, decision, answer: latency };
}
