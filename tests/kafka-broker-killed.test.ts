/**
 * A broker killed and revived while a producer and a consumer are at work: every acknowledged record is read exactly once, in order within its
 * partition, byte for byte; every other one is an error that says whether it may be there all the same; nothing outlasts its deadline.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { apacheAvailable, startApache } from "@campus/broker";
import { createAdmin, createConsumer, createProducer, type KafkaError } from "@campus/kafka";
import { createCluster } from "@campus/kafka/testing";
import { until as untilSoon } from "./support/until.ts";

setDefaultTimeout(90_000);

const available = await apacheAvailable();
if (!available.ok && process.env.CI) throw new Error(`real Apache Kafka is needed here: ${available.reason}`);

const topic = "numbered";
const partitions = 3;
/** Enough to keep batches on the way at any moment, and few enough for what the embedded cluster keeps. */
const perTick = 100;
const tickMs = 10;

/** A busy machine takes its time to start a node. */
const until = (what: string, condition: () => boolean) => untilSoon(what, condition, { deadlineMs: 40_000 });

/** What became of a record that was sent. */
type Outcome = "open" | "acknowledged" | "failed" | "unknown";

/** A number, something that compresses badly, and a checksum of both. */
function payloadOf(n: number): string {
  const text = `${n} ${crypto.randomUUID()}${crypto.randomUUID()}`;
  return `${text} ${Bun.hash(text)}`;
}

/** The number of a record that is what was sent. */
function numberIn(payload: string): number {
  const [number, , hash] = payload.split(" ");
  expect(hash).toBe(String(Bun.hash(payload.slice(0, payload.lastIndexOf(" ")))));
  return Number(number);
}

const quiet = { onLog: () => undefined, onError: () => undefined };

/** Sends without a pause until it is stopped; record n goes to partition n % 3. */
function startSending(brokers: string, deliveryTimeoutMs: number) {
  const producer = createProducer({ brokers, deliveryTimeoutMs, ...quiet });
  const outcomes: Outcome[] = [];
  const errors: KafkaError[] = [];
  let slowestMs = 0;
  let stopped = false;
  const send = (n: number) => {
    const from = performance.now();
    outcomes[n] = "open";
    return producer
      .send(topic, { value: payloadOf(n), partition: n % partitions })
      .then(
        () => {
          outcomes[n] = "acknowledged";
        },
        (error: KafkaError) => {
          outcomes[n] = error.possiblyPersisted ? "unknown" : "failed";
          errors.push(error);
        },
      )
      .then(() => {
        slowestMs = Math.max(slowestMs, performance.now() - from);
      });
  };
  const sending = (async () => {
    const sends: Promise<void>[] = [];
    while (!stopped) {
      await producer.ready(perTick);
      for (let i = 0; i < perTick; i++) sends.push(send(sends.length));
      await Bun.sleep(tickMs);
    }
    await Promise.all(sends);
  })();
  return {
    outcomes,
    errors,
    count: (outcome: Outcome) => outcomes.filter((is) => is === outcome).length,
    get slowestMs() {
      return slowestMs;
    },
    async stop() {
      stopped = true;
      await sending;
      await producer.close();
    },
  };
}

/**
 * Reads along from the start: what each partition has, by offset. A reader whose coordinator was killed may begin again where it has committed, and
 * then sees some offsets twice: they must hold the same again.
 */
function startReading(brokers: string, sessionTimeoutMs: number) {
  const read: number[][] = Array.from({ length: partitions }, () => []); // by offset
  const ends = new Array<number>(partitions).fill(0);
  const consumer = createConsumer({
    ...{ brokers, groupId: `reader-${crypto.randomUUID()}`, topics: [topic], sessionTimeoutMs },
    autoOffsetReset: "earliest",
    ...quiet,
  });
  const running = consumer.run(async (batch) => {
    const log = read[batch.partition]!;
    for (const record of batch) {
      const n = numberIn(record.text()!);
      expect(log[record.offset] ?? n).toBe(n);
      log[record.offset] = n;
    }
    ends[batch.partition] = batch.lastOffset + 1;
    // A coordinator that is away, or has given this member up, refuses: what was not committed is read again.
    await batch.commit().catch(() => undefined);
  });
  return {
    read,
    async catchUp() {
      await using admin = createAdmin({ brokers, timeoutMs: 20_000, ...quiet });
      const places = read.map((_, partition) => ({ topic, partition, at: "latest" as const }));
      const latest = await admin.listOffsets(places);
      await until("everything is read", () => latest.every(({ offset }, i) => ends[i]! >= offset));
    },
    async stop() {
      await consumer.close();
      await running;
    },
  };
}

interface Cluster {
  readonly brokers: string;
  readonly sessionTimeoutMs: number;
  kill(id: number): Promise<unknown>;
  revive(id: number): Promise<unknown>;
}

/** Sends and reads while the leader of partition 0 is killed and comes back, and compares. */
async function killUnderLoad(cluster: Cluster, deliveryTimeoutMs: number, downMs: number) {
  const { brokers } = cluster;
  const sender = startSending(brokers, deliveryTimeoutMs);
  const reader = startReading(brokers, cluster.sessionTimeoutMs);
  const acknowledgedSince = (n: number) => () => sender.outcomes.lastIndexOf("acknowledged") > n;
  await until("records are acknowledged", acknowledgedSince(2_000));
  await until("records are read along", () => reader.read.every((numbers) => numbers.length > 100));
  const leader = await leaderOfFirst(brokers);
  await cluster.kill(leader);
  const atKill = sender.outcomes.length;
  await Bun.sleep(downMs); // how long it is gone is the case under test
  await cluster.revive(leader);
  await until("records of all partitions are acknowledged again", () =>
    [0, 1, 2].every((partition) => {
      const since =
        atKill +
        sender.outcomes
          .slice(atKill)
          .findLastIndex((is, i) => is === "acknowledged" && (atKill + i) % partitions === partition);
      return since >= atKill;
    }),
  );
  const back = sender.outcomes.length;
  await until("sending goes on", acknowledgedSince(back + 1_000));
  await sender.stop();
  await reader.catchUp();
  await reader.stop();
  expect(sender.count("open")).toBe(0);
  expect(sender.slowestMs).toBeLessThan(deliveryTimeoutMs + 5_000);
  return { sender, read: reader.read };
}

async function leaderOfFirst(brokers: string): Promise<number> {
  await using admin = createAdmin({ brokers, ...quiet });
  const [{ partitions: described }] = (await admin.describeTopics([topic])) as [
    Awaited<ReturnType<typeof admin.describeTopics>>[number],
  ];
  return described[0]!.leader!.id;
}

/** What was read is what was acknowledged, once and in order, and of the rest only what may be there. */
function compare(outcomes: readonly Outcome[], read: readonly (readonly number[])[]): void {
  for (const [partition, numbers] of read.entries()) {
    const disorder = numbers.findIndex((n, i) => i > 0 && n <= numbers[i - 1]!);
    expect(disorder).toBe(-1);
    const seen = new Set(numbers);
    const expected = outcomes.flatMap((is, n) => (n % partitions === partition ? [[n, is] as const] : []));
    expect(expected.filter(([n, is]) => is === "acknowledged" && !seen.has(n))).toEqual([]);
    expect(expected.filter(([n, is]) => is === "failed" && seen.has(n))).toEqual([]);
  }
}

describe("a broker killed and revived under load (embedded cluster)", () => {
  const embedded = () => {
    const cluster = createCluster({ brokers: 3, topics: { [topic]: partitions } });
    return {
      brokers: cluster.brokers,
      sessionTimeoutMs: 1_500,
      kill: async (id: number) => cluster.brokerDown(id),
      revive: async (id: number) => cluster.brokerUp(id),
      [Symbol.dispose]: () => cluster.close(),
    };
  };

  test("back in time: nothing is lost", async () => {
    using cluster = embedded();
    const { sender, read } = await killUnderLoad(cluster, 20_000, 1_000);
    expect(sender.errors).toEqual([]);
    compare(sender.outcomes, read);
  });

  test("gone for longer than a record may wait: its errors say what is known", async () => {
    using cluster = embedded();
    const { sender, read } = await killUnderLoad(cluster, 1_000, 3_000);
    expect(sender.errors.length).toBeGreaterThan(0);
    for (const error of sender.errors) expect(error.name).toBe("_MSG_TIMED_OUT");
    compare(sender.outcomes, read);
  });
});

describe.skipIf(!available.ok)("a broker killed and revived under load (real Apache Kafka)", () => {
  test("kill -9 of a leader of three nodes: nothing is lost", async () => {
    await using cluster = await startApache({
      nodes: 3,
      properties: { "broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500" },
    });
    await using admin = createAdmin({ brokers: cluster.brokers, ...quiet });
    const config = { "min.insync.replicas": "2" };
    const created = await admin.createTopics([{ topic, partitions, replicationFactor: 3, config }]);
    expect(created.get(topic)).toBeNull();
    const node = (id: number) => cluster.nodes.find((one) => one.id === id)!;
    const { sender, read } = await killUnderLoad(
      {
        brokers: cluster.brokers,
        sessionTimeoutMs: 6_000,
        kill: (id) => node(id).kill("SIGKILL"),
        revive: (id) => node(id).restart(),
      },
      20_000,
      500,
    );
    expect(sender.errors).toEqual([]);
    compare(sender.outcomes, read);
  }, 180_000);
});
