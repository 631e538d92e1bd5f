/**
 * `orders verify`, the work: reads a system's topics and says whether what was promised holds. Nothing is written, no group is left behind.
 *
 * On a running system events come in meanwhile, so the order of looking matters: first what the inventory has committed, then where
 * inventory-events ends, then where order-events ends. So every decision that is read has its order among those read, and every
 * order that counts as passed has its decision.
 */
import {
  deadLetterTopic,
  decodeEvent,
  EVENT_TOPICS,
  type Event,
  INVENTORY_EVENTS,
  MalformedEventError,
  ORDER_EVENTS,
  readDeadLetterHeaders,
} from "@campus/events";
import type { Admin, Batch, TopicPartition } from "@campus/kafka";
import type { KafkaAccess } from "../connection.ts";
import { readStretches, type Stretch } from "../topic-reading.ts";
import { describeExisting, partitionsOf } from "../topics.ts";
import { type Checker, createChecker, type Findings, faultsOf } from "./checker.ts";
import { type Comparison, compareTotals } from "./metrics-file.ts";
import { committedOffsets, endsOf, startsOf } from "./places.ts";
import { untilSettled } from "./settling.ts";

/** Whose decisions these are. */
export const INVENTORY_GROUP = "inventory-group";
/** Who counts them. */
const ANALYTICS_GROUP = "analytics-group";

export interface VerificationOptions {
  readonly admin: Admin;
  readonly kafka: KafkaAccess;
  /** How long the system may take to come to rest before it is looked at; 0 looks at once. */
  readonly waitMs?: number;
  /** The analytics' file; null leaves the totals out. */
  readonly metricsFile?: string | null;
  /** Told what is being waited for. */
  readonly say?: (line: string) => void;
  /** The longest that a reading may stand still, in milliseconds. */
  readonly stallTimeoutMs?: number;
}

export interface Verification extends Findings {
  readonly ok: boolean;
  /** Whether the system came to rest; null when that was not waited for. */
  readonly settled: boolean | null;
  readonly totals: Comparison;
  /** What could not be read: it lies behind a transaction that is open. */
  readonly unread: readonly Stretch[];
  /** Offsets of inventory-events that hold nothing to be seen: aborted records and the markers of transactions. */
  readonly invisible: number;
  readonly records: number;
  readonly elapsedMs: number;
}

/** Looks at everything. The checker is given too, for whoever has more to ask of it. @throws KafkaError, CommandError */
export async function verifySystem(
  options: VerificationOptions,
): Promise<{ readonly verification: Verification; readonly checker: Checker }> {
  const { admin, waitMs = 0, metricsFile = null, say = () => {} } = options;
  const from = performance.now();
  const places = await placesOf(admin);
  const orders = places.filter(({ topic }) => topic === ORDER_EVENTS);
  const settled =
    waitMs > 0
      ? await untilSettled({
          ...{ admin, group: INVENTORY_GROUP, follower: ANALYTICS_GROUP },
          ...{ orders, all: places, deadlineMs: waitMs },
        })
      : null;
  if (settled === false) say(`not at rest after ${waitMs / 1000} s; what is not decided counts as missing`);

  const before = await committedOffsets(admin, INVENTORY_GROUP, orders);
  const stretches = await stretchesOf(admin, places);
  const checker = createChecker({ ordersTopic: ORDER_EVENTS, group: INVENTORY_GROUP });
  const reading = await readAll(options, stretches, checker);
  const after = await committedOffsets(admin, INVENTORY_GROUP, orders);

  const findings = checker.findings({ before, after, settled: settled !== null });
  const hasGrown = (await endsOf(admin, places)).some(({ topic, partition, offset }) =>
    stretches.some((of) => of.topic === topic && of.partition === partition && of.end < offset),
  );
  const totals = await compare(findings, metricsFile, {
    isCut: stretches.some(({ topic, start }) => EVENT_TOPICS.includes(topic) && start > 0),
    hasGrown: hasGrown && settled === null,
  });
  const isClean = Object.values(faultsOf(findings)).every((count) => count === 0);
  const verification: Verification = {
    ok: isClean && totals.kind !== "different" && reading.unread.length === 0,
    settled,
    ...findings,
    totals,
    ...reading,
    elapsedMs: Math.round(performance.now() - from),
  };
  return { verification, checker };
}

async function placesOf(admin: Admin): Promise<TopicPartition[]> {
  const topics = [...EVENT_TOPICS, ...EVENT_TOPICS.map(deadLetterTopic)];
  return partitionsOf(await describeExisting(admin, topics));
}

/** The ends in the order that the head of this module gives. */
async function stretchesOf(admin: Admin, places: readonly TopicPartition[]): Promise<Stretch[]> {
  const rank = [deadLetterTopic(ORDER_EVENTS), deadLetterTopic(INVENTORY_EVENTS), INVENTORY_EVENTS];
  const stretches: Stretch[] = [];
  for (const topic of [...rank, ORDER_EVENTS]) {
    const own = places.filter((place) => place.topic === topic);
    if (own.length === 0) continue;
    const [starts, ends] = [await startsOf(admin, own), await endsOf(admin, own)];
    const at = (list: typeof ends, partition: number) =>
      list.find((entry) => entry.partition === partition)?.offset ?? 0;
    for (const { partition } of own)
      stretches.push({ topic, partition, start: at(starts, partition), end: at(ends, partition) });
  }
  return stretches;
}

async function readAll(
  { kafka, say = () => {}, stallTimeoutMs }: VerificationOptions,
  stretches: readonly Stretch[],
  checker: Checker,
): Promise<Pick<Verification, "unread" | "records" | "invisible">> {
  let [records, decisions] = [0, 0];
  const unread: Stretch[] = [];
  // Orders before decisions before dead letters: the checker asks for it.
  const isLetters = (topic: string) => !EVENT_TOPICS.includes(topic);
  const turns = [
    stretches.filter(({ topic }) => topic === ORDER_EVENTS),
    stretches.filter(({ topic }) => topic === INVENTORY_EVENTS),
    stretches.filter(({ topic }) => isLetters(topic)),
  ];
  for (const turn of turns) {
    const left = await readStretches({
      kafka,
      stretches: turn,
      ...(stallTimeoutMs === undefined ? {} : { stallTimeoutMs }),
      onBatch(batch, end) {
        const count = isLetters(batch.topic) ? takeLetters(batch, end, checker) : take(batch, end, checker);
        records += count;
        if (batch.topic === INVENTORY_EVENTS) decisions += count;
      },
      onWaiting: (waiting) =>
        say(`waiting for ${waiting.map(({ topic, partition }) => `${topic}/${partition}`).join(", ")}…`),
    });
    unread.push(...left);
  }
  const offsets = turns[1]!.reduce((sum, { start, end }) => sum + (end - start), 0);
  const hidden = unread
    .filter(({ topic }) => topic === INVENTORY_EVENTS)
    .reduce((sum, { start, end }) => sum + (end - start), 0);
  return { unread, records, invisible: offsets - decisions - hidden };
}

/** Events into the checker; how many records there were. */
function take(batch: Batch, end: number, checker: Checker): number {
  const { topic, partition } = batch;
  let count = 0;
  for (const record of batch) {
    const { offset } = record;
    if (offset >= end) break;
    count++;
    const event = eventIn(record.value, topic);
    if (event === undefined) checker.unreadable(topic, partition, offset);
    else if (event.event_type === "OrderPlaced") checker.order(partition, offset, event.order_id);
    else checker.decision(partition, offset, event.order_id, event.success);
  }
  return count;
}

/** Undefined for what is no event of this topic. */
function eventIn(value: Uint8Array | null, topic: string): Event | undefined {
  try {
    const event = decodeEvent(value);
    return (event.event_type === "OrderPlaced") === (topic === ORDER_EVENTS) ? event : undefined;
  } catch (error) {
    if (error instanceof MalformedEventError) return undefined;
    throw error;
  }
}

function takeLetters(batch: Batch, end: number, checker: Checker): number {
  let count = 0;
  for (const record of batch) {
    if (record.offset >= end) break;
    count++;
    const origin = readDeadLetterHeaders(record.headers);
    if (origin === null) continue;
    const event = eventIn(record.value, origin.topic);
    checker.letter(origin, event?.order_id);
  }
  return count;
}

async function compare(
  { orders, retries, reserved, failed }: Findings,
  path: string | null,
  { isCut, hasGrown }: { isCut: boolean; hasGrown: boolean },
): Promise<Comparison> {
  if (path === null) return { kind: "unknown", path, reason: "no file was named, and none was found" };
  if (isCut)
    return { kind: "unknown", path, reason: "the log no longer begins at its first record (retention)" };
  if (hasGrown) return { kind: "unknown", path, reason: "events came in meanwhile: use --wait" };
  return await compareTotals(path, { orders: orders + retries, reserved, failed });
}
