/**
 * kill -9 of a consumer in the middle of a load loses nothing: every order gets a decision, and exactly one where Kafka keeps the offsets of
 * transactions (on the embedded cluster some may get two, those that were published and not yet committed); analytics counts every order once.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { setTimeout as pause } from "node:timers/promises";
import { INVENTORY_EVENTS } from "@campus/events";
import { type Admin, createAdmin } from "@campus/kafka";
import { GROUP_TOPICS } from "./consumer-lag.ts";
import { type Failure, produceOrders } from "./produce-10k.ts";
import { readLag, untilDrained } from "./support/group.ts";
import { onEachOwnCluster } from "./support/own-clusters.ts";
import { type System, startSystem } from "./support/system.ts";
import { followTopic } from "./support/topic-log.ts";

/** Of the load: so that orders keep coming while members time out, and the embedded cluster can hold them. */
const ORDERS_PER_BURST = 100;
const BURST_EVERY_MS = 50;

onEachOwnCluster("kill -9", (cluster, kind) => {
  let system: System;
  let admin: Admin;

  beforeAll(async () => {
    const { brokers } = cluster();
    system = await startSystem({
      brokers,
      // Shorter still: the test spends its time waiting for members it has killed.
      environment: { ...cluster().environment, KAFKA_SESSION_TIMEOUT: "2s" },
      own: {
        // Small, so that a backlog takes a while and a kill finds some of it published and not committed.
        // A transaction takes longer than a commit, whatever is in it.
        inventory: { INVENTORY_BATCH_MAX_RECORDS: kind === "apache" ? "100" : "10" },
        analytics: { ANALYTICS_BATCH_MAX_RECORDS: "10", ANALYTICS_INTERVAL: "200ms" },
      },
    });
    admin = createAdmin({ brokers, onLog: () => undefined });
  }, 60_000);

  afterAll(async () => {
    await Promise.all([admin?.close(), system?.stop()]);
  }, 30_000);

  /** Places orders in bursts until it is stopped; `ids` are those of the orders accepted so far. */
  function startLoad() {
    const ids: string[] = [];
    const failures: Failure[] = [];
    let isRunning = true;
    const running = (async () => {
      while (isRunning) {
        const options = { url: system.url, orders: ORDERS_PER_BURST, batch: 20, connections: 2 };
        const produced = await produceOrders(options);
        failures.push(...produced.failures);
        ids.push(...produced.ids.filter((id) => id !== undefined));
        await pause(BURST_EVERY_MS);
      }
    })();
    const stop = () => {
      isRunning = false;
      return running;
    };
    return { ids, failures, stop, [Symbol.asyncDispose]: stop };
  }

  const lagOf = async (group: string) => (await readLag(admin, group, GROUP_TOPICS[group]!)).total;

  /** Kills a consumer under load, and again as soon as it is at the backlog that has piled up meanwhile. */
  async function killTwice(name: "inventory" | "analytics"): Promise<void> {
    const group = `${name}-group`;
    const consumer = system[name];
    expect((await consumer.kill()).exitCode).toBe(137);
    // What died is a member until its session times out; orders pile up for so long.
    consumer.spawn();
    const backlog = { most: 0, left: 0 };
    const isInBacklog = async () => {
      backlog.left = await lagOf(group);
      backlog.most = Math.max(backlog.most, backlog.left);
      return backlog.most >= 10 * ORDERS_PER_BURST && backlog.left < backlog.most;
    };
    await system.until(`${name} is at its backlog`, isInBacklog, { deadlineMs: 30_000 });
    expect((await consumer.kill()).exitCode).toBe(137);
    await consumer.start();
  }

  test("both consumers, under load and again in their backlog", async () => {
    await using decisions = followTopic(cluster().brokers, INVENTORY_EVENTS);
    await using load = startLoad();
    await system.until("the load is on", () => load.ids.length >= 10 * ORDERS_PER_BURST);
    await Promise.all([killTwice("inventory"), killTwice("analytics")]);
    await load.stop();
    expect(load.failures).toEqual([]);
    for (const group of ["inventory-group", "analytics-group"]) {
      await untilDrained(admin, group, GROUP_TOPICS[group]!, { deadlineMs: 30_000 });
    }

    await decisions.catchUp();
    const decided = decisions.all();
    const keys = new Set(decided.map(({ key }) => key));
    expect(load.ids.filter((id) => !keys.has(id))).toEqual([]);
    expect(keys.size).toBe(load.ids.length);
    if (kind === "apache") expect(decided.length).toBe(load.ids.length);
    const isExact = async () => {
      const { total_orders = 0, failed_orders = 0, reserved_orders = 0 } = (await system.metrics()) ?? {};
      return total_orders === load.ids.length && failed_orders + reserved_orders === decided.length;
    };
    await system.until(`${keys.size} orders and ${decided.length} decisions are counted`, isExact);
    console.log(
      `4 kills: ${load.ids.length} orders, each decided, ${decided.length - keys.size} of them twice`,
    );
  }, 120_000);
});
