/**
 * The topics that services work on, emptied and filled for a run. Their names and the services' groups are fixed, so runs can't be kept apart by names: before
 * each, the topic written to is deleted and made anew, and the group that reads is forgotten.
 */
import { EVENT_TOPICS, encodeEvent, INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { createProducer, KafkaError, type ProducerRecord } from "@campus/kafka";
import { GROUP } from "../../packages/inventory/src/config.ts";
import { decide } from "../../packages/inventory/src/reservation.ts";
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";
import type { Bench, Scenario } from "./scenario.ts";
import { RunFailed } from "./subject-process.ts";
import { recordsIn } from "./topics.ts";

const batchRecords = 1000;
const items = ["burger", "pasta", "soup", "salad"];
/** Of a group whose last member was killed, a session must run out; a deleted topic is named for a moment. */
const patienceMs = 20_000;
const retryMs = 50;

/** Why this cluster's topics are not to be emptied; undefined where they may be. */
export async function reasonToSpare(
  cluster: BenchCluster,
  topics: readonly string[] = EVENT_TOPICS,
): Promise<string | undefined> {
  if (cluster.kind !== "given") return undefined;
  const existing = new Set(await cluster.admin.listTopics());
  for (const topic of topics) {
    const [description] = existing.has(topic) ? await cluster.admin.describeTopics([topic]) : [];
    const held = description ? await recordsIn(cluster, topic, description.partitions.length) : 0;
    if (held > 0) return `${topic} of KAFKA_BROKER holds ${held} records, which this scenario would delete`;
  }
  return undefined;
}

/** Deletes a topic, if it is there, and waits until the brokers no longer name it. */
export async function removeTopic({ admin }: BenchCluster, topic: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while ((await admin.listTopics()).includes(topic)) {
    if (performance.now() > deadline) throw new RunFailed(`${topic} can't be deleted`);
    const error = (await admin.deleteTopics([topic])).get(topic);
    if (error && error.name !== "UNKNOWN_TOPIC_OR_PART") throw error;
    await Bun.sleep(retryMs);
  }
}

/** The topic, empty. */
export async function renewTopic(cluster: BenchCluster, topic: string): Promise<void> {
  await removeTopic(cluster, topic);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await cluster.createTopic(topic, partitions);
    } catch (error) {
      const deleting = error instanceof KafkaError && error.name === "TOPIC_ALREADY_EXISTS";
      if (!deleting || performance.now() > deadline) throw error;
      await Bun.sleep(retryMs);
    }
  }
}

/** Forgets a group and what it has committed. */
export async function forgetGroup({ admin }: BenchCluster, groupId: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const error = (await admin.deleteGroups([groupId])).get(groupId);
    if (!error || error.name === "GROUP_ID_NOT_FOUND") return;
    if (performance.now() > deadline) throw new RunFailed(`${groupId} can't be deleted: ${error.message}`);
    await Bun.sleep(retryMs);
  }
}

/** Whether nothing can be measured here that commits offsets in transactions; says so. */
export function lacksTransactions(
  { cluster, progress }: Pick<Bench, "cluster" | "progress">,
  { name }: Pick<Scenario, "name">,
): boolean {
  if (cluster.kind !== "embedded") return false;
  progress.say(`Not measured: ${name}, since the embedded cluster has no offsets in transactions.`);
  return true;
}

/** Forgets all orders and that they were decided: whoever comes next begins with what the services make themselves. */
export async function forgetOrders(cluster: BenchCluster): Promise<void> {
  for (const topic of EVENT_TOPICS) await removeTopic(cluster, topic);
  await forgetGroup(cluster, GROUP);
}

/** Makes `order-events` anew, with that many orders as the system writes them, each with ids of its own. Returns the orders' ids. */
export async function fillOrders(
  cluster: BenchCluster,
  records: number,
  signal: AbortSignal,
): Promise<string[]> {
  const orderIds: string[] = [];
  await fill(cluster, ORDER_EVENTS, { records, signal }, (index) => {
    const record = order(index);
    orderIds.push(record.key);
    return record;
  });
  return orderIds;
}

/** Makes `inventory-events` anew, with the decision of each of these orders. */
export async function fillDecisions(
  cluster: BenchCluster,
  orderIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const now = new Date().toISOString();
  await fill(cluster, INVENTORY_EVENTS, { records: orderIds.length, signal }, (index) => {
    const key = orderIds[index]!;
    return { key, value: encodeEvent(decide(key, now, () => crypto.randomUUID())) };
  });
}

async function fill(
  cluster: BenchCluster,
  topic: string,
  { records, signal }: { readonly records: number; readonly signal: AbortSignal },
  record: (index: number) => ProducerRecord,
): Promise<void> {
  await renewTopic(cluster, topic);
  await using producer = createProducer({ brokers: cluster.brokers, lingerMs: 5 });
  const sent: Promise<unknown>[] = [];
  for (let first = 0; first < records; first += batchRecords) {
    signal.throwIfAborted();
    const count = Math.min(batchRecords, records - first);
    await producer.ready(count);
    sent.push(
      producer.sendBatch(
        topic,
        Array.from({ length: count }, (_, i) => record(first + i)),
      ),
    );
  }
  await Promise.all(sent);
  const kept = await recordsIn(cluster, topic, partitions);
  if (kept !== records) throw new Error(`${topic} holds ${kept} records where ${records} were sent`);
}

function order(index: number): ProducerRecord & { key: string } {
  const key = crypto.randomUUID();
  const value = encodeEvent({
    event_id: crypto.randomUUID(),
    event_type: "OrderPlaced",
    order_id: key,
    timestamp: new Date().toISOString(),
    payload: {
      user_id: `user${index % 1000}`,
      item: items[index % items.length]!,
      quantity: 1 + (index % 5),
    },
  });
  return { key, value };
}
