/** A group that is away falls behind by exactly what comes in, and catches up to nothing left; Kafka's own tool sees the same. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { describeGroup } from "@campus/broker";
import { type Admin, createAdmin } from "@campus/kafka";
import { exerciseLag, GROUP_TOPICS } from "./consumer-lag.ts";
import { produceOrders } from "./produce-10k.ts";
import { type GroupLag, untilDrained } from "./support/group.ts";
import { onEachOwnCluster, SHORT_SESSION } from "./support/own-clusters.ts";
import { type System, startSystem } from "./support/system.ts";

const ORDERS = 1000;

onEachOwnCluster("consumer lag", (cluster, kind) => {
  let system: System;
  let admin: Admin;

  beforeAll(async () => {
    const { brokers } = cluster();
    system = await startSystem({
      brokers,
      environment: { ...cluster().environment, KAFKA_SESSION_TIMEOUT: SHORT_SESSION },
    });
    admin = createAdmin({ brokers, onLog: () => undefined });
  }, 60_000);

  afterAll(async () => {
    await Promise.all([admin?.close(), system?.stop()]);
  }, 30_000);

  async function produce(): Promise<number> {
    const { accepted } = await produceOrders({ url: system.url, orders: ORDERS, batch: 100, connections: 4 });
    return accepted;
  }

  /** What the stock tool says of each partition, where there is one that can be asked. */
  async function expectStockToolToAgree(groupId: string, { partitions }: GroupLag): Promise<void> {
    if (kind !== "apache") return;
    const rows = await describeGroup(cluster().brokers, groupId);
    const theirs = rows.map(({ topic, partition, lag }) => ({ topic, partition, lag }));
    const ours = partitions.map(({ topic, partition, lag }) => ({ topic, partition, lag }));
    const inOrder = (a: (typeof ours)[number], b: (typeof ours)[number]) =>
      a.topic.localeCompare(b.topic) || a.partition - b.partition;
    expect(theirs.sort(inOrder as never)).toEqual(ours.sort(inOrder));
  }

  test.each(["inventory-group", "analytics-group"])(
    "%s",
    async (groupId) => {
      const topics = GROUP_TOPICS[groupId]!;
      const consumer = groupId === "inventory-group" ? system.inventory : system.analytics;
      const untilIdle = (id: string) => untilDrained(admin, id, GROUP_TOPICS[id]!, { deadlineMs: 20_000 });
      await produce();
      await untilIdle("inventory-group");
      await untilIdle("analytics-group");
      const outcome = await exerciseLag({
        admin,
        groupId,
        topics,
        deadlineMs: 30_000,
        stopConsumers: async () => void expect((await consumer.terminate()).exitCode).toBe(0),
        async produce() {
          const accepted = await produce();
          // Each order brings a decision, which analytics then lacks as well.
          if (groupId === "analytics-group") await untilIdle("inventory-group");
          return accepted;
        },
        startConsumers: () => consumer.start(),
        onLag: (step, lag) => (step === "grown" ? expectStockToolToAgree(groupId, lag) : undefined),
      });
      expect(outcome).toMatchObject({ orders: ORDERS, stopped: 0 });
      // Lag is counted in offsets, of which the mark at the end of each of inventory's transactions takes one.
      const marks = outcome.grown - ORDERS * topics.length;
      if (kind === "apache" && groupId === "analytics-group") expect(marks).toBeGreaterThan(0);
      else expect(marks).toBe(0);
      await expectStockToolToAgree(groupId, await untilIdle(groupId));
    },
    90_000,
  );
});
