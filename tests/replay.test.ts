/** The log read again from its beginning gives the same totals, whoever set the offsets back. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Admin, createAdmin, createConsumer, type TopicPartitionOffset } from "@campus/kafka";
import { GROUP_TOPICS } from "./consumer-lag.ts";
import { produceOrders } from "./produce-10k.ts";
import { exerciseReplay, resetByScript } from "./replay.ts";
import { readLag, untilDrained } from "./support/group.ts";
import { onEachOwnCluster, SHORT_SESSION } from "./support/own-clusters.ts";
import { type System, startSystem } from "./support/system.ts";
import { until } from "./support/until.ts";

const ORDERS = 3000;
const GROUP = "analytics-group";
const TOPICS = GROUP_TOPICS[GROUP]!;

onEachOwnCluster("replay", (cluster, kind) => {
  let system: System;
  let admin: Admin;

  beforeAll(async () => {
    const { brokers } = cluster();
    const environment = {
      ...cluster().environment,
      KAFKA_SESSION_TIMEOUT: SHORT_SESSION,
      ANALYTICS_INTERVAL: "200ms",
    };
    system = await startSystem({ brokers, environment });
    admin = createAdmin({ brokers, onLog: () => undefined });
    const { accepted } = await produceOrders({ url: system.url, orders: ORDERS, batch: 100, connections: 4 });
    expect(accepted).toBe(ORDERS);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([admin?.close(), system?.stop()]);
  }, 30_000);

  async function expectSameTotals(resetOffsets: () => Promise<void>): Promise<void> {
    const outcome = await exerciseReplay({
      admin,
      metricsFile: system.metricsFile,
      stopAnalytics: async () => void expect((await system.analytics.terminate()).exitCode).toBe(0),
      resetOffsets,
      startAnalytics: () => system.analytics.start(),
      deadlineMs: 30_000,
    });
    expect(outcome).toMatchObject({ same: true, newRecords: 0 });
    // Counted by offsets, of which the mark at the end of each of inventory's transactions takes one.
    if (kind === "embedded") expect(outcome.replayedRecords).toBe(2 * ORDERS);
    else expect(outcome.replayedRecords).toBeGreaterThan(2 * ORDERS);
    const { total_orders, failed_orders, reserved_orders, failure_rate_percent } = outcome.after;
    expect([total_orders, failed_orders + reserved_orders]).toEqual([ORDERS, ORDERS]);
    // One order in ten fails; of so many, hardly ever more than two percent beside that.
    expect(Math.abs(failure_rate_percent - 10)).toBeLessThan(3);
  }

  test("offsets set back by this project's own client", async () => {
    await expectSameTotals(async () => {
      const { partitions } = await readLag(admin, GROUP, TOPICS);
      const specs = partitions.map(({ topic, partition }) => ({ topic, partition, at: "earliest" as const }));
      const earliest = await admin.listOffsets(specs);
      if (kind === "apache") await admin.alterGroupOffsets(GROUP, earliest);
      else await commitAsMember(cluster().brokers, earliest);
    });
  }, 90_000);

  // Kafka's own tools can't talk to librdkafka's cluster.
  test.skipIf(kind === "embedded")(
    "offsets set back by tests/reset_offset.sh, which refuses while analytics runs",
    async () => {
      const server = ["--bootstrap-server", cluster().brokers];
      await untilDrained(admin, GROUP, TOPICS, { deadlineMs: 20_000 });
      const refusal = await resetByScript("--to-earliest", ...server).catch((error: Error) => error.message);
      expect(refusal).toStartWith("tests/reset_offset.sh ended with 3:");
      expect(refusal).toContain("Nothing was changed: analytics-group has members. Stop every consumer");
      expect((await readLag(admin, GROUP, TOPICS)).total).toBe(0);

      await expectSameTotals(async () => {
        expect(await resetByScript("--dry-run", ...server)).toContain(
          "Nothing was changed: this was a dry run.",
        );
        expect((await readLag(admin, GROUP, TOPICS)).total).toBe(0);
        expect(await resetByScript("--to-earliest", ...server)).toContain("order-events");
      });
    },
    120_000,
  );
});

/** The in-process cluster takes the offsets of a group that has had members from a member only. */
async function commitAsMember(brokers: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
  await using consumer = createConsumer({
    brokers,
    groupId: GROUP,
    topics: TOPICS,
    autoOffsetReset: "earliest",
    sessionTimeoutMs: 3000,
    onLog: () => undefined,
  });
  await until("all partitions are assigned", () => consumer.assignment().length === offsets.length);
  await consumer.commit(offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })));
}
