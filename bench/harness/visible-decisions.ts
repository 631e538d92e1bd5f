/**
 * What a reader of committed records could see of `inventory-events`, over time: watched from outside, alike for every subject, by asking for the last stable
 * offsets every 20 ms. Offsets are not decisions, since the marks that end transactions take some, too. So afterwards the topic is read
 * once: that tells which offsets are decisions, and whether they are the right ones.
 */
import { decodeEvent, type Event, INVENTORY_EVENTS, MalformedEventError } from "@campus/events";
import { type Consumer, createConsumer } from "@campus/kafka";
import { isReserved } from "../../packages/inventory/src/reservation.ts";
import { partitions } from "./client-settings.ts";
import { type Pace, paceOfCounts } from "./pace.ts";
import { RunFailed } from "./subject-process.ts";
import { readTopic } from "./topic-reader.ts";
import { placesOf, scratchName } from "./topics.ts";

export const pollMs = 20;
/** From the group's last commit until the last marks are surely in the log, too. */
const settleMs = 300;

/** How far committed records reached, by partition. */
export interface EndsSample {
  readonly atMs: number;
  readonly ends: readonly number[];
}

export interface WatchOptions {
  readonly brokers: string;
  readonly records: number;
  /** Without a new decision for so long the run has failed. */
  readonly stallMs: number;
  /** Whether all orders are decided and committed. Asked when there may be as many decisions as orders. */
  readonly isDone: () => Promise<boolean>;
  /** Rejects when there is no use in waiting. */
  readonly ended: Promise<never>;
  readonly signal: AbortSignal;
}

const places = placesOf(INVENTORY_EVENTS, partitions);

/** @throws RunFailed when the decisions cease to come */
export async function watchDecisions(options: WatchOptions): Promise<EndsSample[]> {
  const { brokers, records, stallMs, isDone, ended, signal } = options;
  // It reads nothing: a consumer is who may ask for the last stable offset.
  await using watcher = createConsumer({
    brokers,
    groupId: scratchName("watcher"),
    partitions: places,
    autoOffsetReset: "earliest",
  });
  watcher.pause(places);
  const samples: EndsSample[] = [];
  let reached = 0;
  let movedAt = performance.now();
  let doneAt = Number.POSITIVE_INFINITY;
  for (;;) {
    const sample = await Promise.race([sampleEnds(watcher), ended]);
    signal.throwIfAborted();
    samples.push(sample);
    const sum = sample.ends.reduce((a, b) => a + b, 0);
    if (sum > reached) movedAt = sample.atMs;
    reached = sum;
    if (sample.atMs - doneAt > settleMs) return samples;
    if (reached >= records && doneAt === Number.POSITIVE_INFINITY && (await isDone()))
      doneAt = performance.now();
    if (sample.atMs - movedAt > stallMs)
      throw new RunFailed(`no decision for ${stallMs / 1000} s, at about ${reached} of ${records}`);
    await Bun.sleep(Math.max(0, sample.atMs + pollMs - performance.now()));
  }
}

async function sampleEnds(watcher: Consumer): Promise<EndsSample> {
  const ends = await watcher.offsets(places.map((place) => ({ ...place, at: "latest" as const })));
  return { atMs: performance.now(), ends: ends.map(({ offset }) => offset) };
}

/**
 * Reads all decisions, as a reader of committed records.
 * @returns by partition, the offsets that are decisions
 * @throws RunFailed unless each order is decided once, by its own rule, under its own key
 */
export async function readDecisions(
  brokers: string,
  ends: readonly number[],
  orderIds: readonly string[],
): Promise<number[][]> {
  const open = new Set(orderIds);
  const offsets: number[][] = places.map(() => []);
  await readTopic(brokers, INVENTORY_EVENTS, ends, ({ key, value, partition, offset }) => {
    const fault = faultOf(key, value, open);
    if (fault) throw new RunFailed(`${INVENTORY_EVENTS}/${partition} offset ${offset}: ${fault}`);
    offsets[partition]!.push(offset);
  });
  if (open.size > 0) throw new RunFailed(`${open.size} of ${orderIds.length} orders are not decided`);
  return offsets;
}

/** What is wrong with a decision; takes its order out of the open ones. */
function faultOf(key: Buffer | null, value: Buffer | null, open: Set<string>): string | undefined {
  let event: Event;
  try {
    event = decodeEvent(value);
  } catch (error) {
    if (error instanceof MalformedEventError) return error.message;
    throw error;
  }
  if (event.event_type === "OrderPlaced") return "it is an order";
  const { order_id, success } = event;
  if (key?.toString() !== order_id) return `its key is ${key}, not ${order_id}`;
  if (success !== isReserved(order_id)) return `${order_id} is decided otherwise than by the rule`;
  if (!open.delete(order_id)) return `${order_id} is decided twice, or was never ordered`;
  return undefined;
}

/**
 * How fast decisions came to be visible.
 * @throws RunFailed when that was one moment
 */
export function paceOf(
  samples: readonly EndsSample[],
  offsets: readonly (readonly number[])[],
  warmup: number,
): Pace {
  const total = offsets.reduce((sum, { length }) => sum + length, 0);
  const seen = samples.map(({ atMs, ends }) => ({
    atMs,
    count: ends.reduce((sum, end, partition) => sum + countBelow(offsets[partition]!, end), 0),
  }));
  return paceOfCounts(seen, total, warmup);
}

/** How many of these ascending numbers are smaller than `end`. */
function countBelow(offsets: readonly number[], end: number): number {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! < end) low = middle + 1;
    else high = middle;
  }
  return low;
}
