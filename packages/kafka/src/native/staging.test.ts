/** What is lent to a real librdkafka comes back: with each report, each refusal, and whatever else becomes of a record. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { producerProperties } from "../config.ts";
import { createCluster, type MockCluster } from "../testing/index.ts";
import { TopicHandles } from "../topic-handles.ts";
import { DeliveryReports } from "./delivery-reports.ts";
import { EventType } from "./event-type.ts";
import { librdkafka } from "./library.ts";
import { NativeClient } from "./native-client.ts";
import { PayloadMemory } from "./payload-memory.ts";
import { Staging } from "./staging.ts";

setDefaultTimeout(30_000);

const chunkBytes = 4_096;
const chunks = 4;
const purgeQueue = 0x1; // RD_KAFKA_PURGE_F_QUEUE

let cluster: MockCluster;
beforeAll(() => {
  cluster = createCluster({ topics: { lent: 2 } });
});
afterAll(() => cluster.close());

/** A producer's native half. */
async function withStaging(
  work: (given: {
    readonly memory: PayloadMemory;
    add(value: string | Uint8Array | null, key?: string | null): void;
    readonly staging: Staging;
    readonly client: NativeClient;
    /** Resolves when so many records have been reported or refused. */
    settled(count: number): Promise<void>;
    readonly refused: () => number;
  }) => Promise<void>,
): Promise<void> {
  const memory = new PayloadMemory(chunks * chunkBytes, chunkBytes);
  const reports = new DeliveryReports({ isIdempotent: true, payloads: memory });
  let [reported, refused] = [0, 0];
  const client = new NativeClient({
    type: "producer",
    properties: producerProperties({
      brokers: cluster.brokers,
      librdkafka: { "message.max.bytes": 2_000 },
    }),
    handlers: { onLog: () => undefined, onError: () => undefined },
    events: EventType.delivery,
    onEvent: (_, event) => reports.read(event, () => reported++),
  });
  const topics = new TopicHandles(client.rk);
  const staging = new Staging(memory, () => refused++);
  const topic = topics.get("lent");
  try {
    await work({
      ...{ memory, staging, client },
      refused: () => refused,
      add: (value, key = null) => void staging.add(topic, key, value, -1, 0, 0),
      async settled(count) {
        while (reported + refused < count) await Bun.sleep(5);
        expect(reported + refused).toBe(count);
      },
    });
  } finally {
    topics.release();
    await client.destroy(() => memory.close());
  }
}

/** All of the memory can be had again. */
function expectAllBack(memory: PayloadMemory): void {
  for (let chunk = 0; chunk < chunks; chunk++) {
    expect(memory.hasRoom(chunkBytes)).toBe(true);
    memory.take(chunkBytes);
  }
  expect(memory.hasRoom(1)).toBe(false);
}

test("delivered, with values of every kind, and more of them than there is memory for", () =>
  withStaging(async ({ memory, add, staging, settled }) => {
    for (let round = 1; round <= 20; round++) {
      for (let i = 0; i < 50; i++) {
        add("text".repeat(i), `key ${i}`);
        add(Buffer.alloc(3 * i, i));
        add(i % 2 ? null : "");
        add(new Uint8Array(0), "");
      }
      staging.flush();
      await settled(round * 200);
    }
    expectAllBack(memory);
  }));

test("refused by librdkafka, between those that are not", () =>
  withStaging(async ({ memory, add, staging, settled, refused }) => {
    for (let round = 1; round <= 20; round++) {
      for (let i = 0; i < 4; i++) {
        add(Buffer.alloc(2_500));
        add("small");
      }
      staging.flush();
      await settled(round * 8);
    }
    expect(refused()).toBe(80);
    expectAllBack(memory);
  }));

test("purged before it was sent", () =>
  withStaging(async ({ memory, add, staging, settled, client }) => {
    cluster.brokerDown(1);
    try {
      for (let round = 1; round <= 20; round++) {
        for (let i = 0; i < 40; i++) add(Buffer.alloc(100));
        staging.flush();
        librdkafka().rd_kafka_purge(client.rk.pointer, purgeQueue);
        await settled(round * 40);
      }
      expectAllBack(memory);
    } finally {
      cluster.brokerUp(1);
    }
  }));

test("while all of it is lent values are copied, and lent again afterwards", () =>
  withStaging(async ({ memory, add, staging, settled }) => {
    cluster.brokerDown(1);
    try {
      // Five times the memory.
      for (let i = 0; i < 50; i++) add(Buffer.alloc(1_600, i));
      staging.flush();
      expect(memory.hasRoom(1_600)).toBe(false);
    } finally {
      cluster.brokerUp(1);
    }
    await settled(50);
    expectAllBack(memory);
  }));
