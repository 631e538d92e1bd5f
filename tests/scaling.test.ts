/** More of the same beside each other: producers take orders, inventory instances share the partitions, analytics instances add up. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { freePorts } from "@campus/broker";
import { INVENTORY_EVENTS } from "@campus/events";
import { type Admin, createAdmin } from "@campus/kafka";
import { GROUP_TOPICS } from "./consumer-lag.ts";
import { produceOrders } from "./produce-10k.ts";
import { untilDrained } from "./support/group.ts";
import { onEachOwnCluster, SHORT_SESSION } from "./support/own-clusters.ts";
import {
  createServiceProcess,
  metric,
  type ServiceName,
  type ServiceProcess,
} from "./support/service-process.ts";
import { type System, startSystem } from "./support/system.ts";
import { followTopic } from "./support/topic-log.ts";

const ORDERS = 2000;

onEachOwnCluster("scaling", (cluster) => {
  let system: System;
  let admin: Admin;
  const more: ServiceProcess[] = [];
  const [port] = freePorts(1);

  beforeAll(async () => {
    const { brokers } = cluster();
    const environment = {
      ...cluster().environment,
      KAFKA_SESSION_TIMEOUT: SHORT_SESSION,
      ANALYTICS_INTERVAL: "200ms",
    };
    system = await startSystem({ brokers, environment });
    admin = createAdmin({ brokers, onLog: () => undefined });
    const settings = { ...environment, KAFKA_BROKER: brokers, PORT: String(port), ...system.folders };
    for (const name of ["producer", "inventory", "analytics"] satisfies ServiceName[])
      more.push(createServiceProcess({ name, environment: settings }));
    await Promise.all(more.map((service) => service.start()));
  }, 90_000);

  afterAll(async () => {
    await Promise.all([admin?.close(), ...more.map((service) => service.stop())]);
    // Last, because it removes the folders that the others write into.
    await system?.stop();
  }, 30_000);

  async function place(url: string): Promise<(string | undefined)[]> {
    const { ids } = await produceOrders({ url, orders: ORDERS, batch: 50, connections: 4 });
    return [...ids];
  }

  async function untilDone(): Promise<void> {
    for (const group of ["inventory-group", "analytics-group"])
      await untilDrained(admin, group, GROUP_TOPICS[group]!, { deadlineMs: 30_000 });
  }

  test("two of each: every order is decided, both instances work, the totals add up in one file", async () => {
    const placed = await Promise.all([place(system.url), place(`http://127.0.0.1:${port}`)]);
    const ids = placed.flat();
    expect(new Set(ids).size).toBe(2 * ORDERS);
    await untilDone();

    await using decisions = followTopic(cluster().brokers, INVENTORY_EVENTS);
    await decisions.catchUp();
    const keys = new Set(decisions.all().map(({ key }) => key));
    expect(ids.filter((id) => !keys.has(id!))).toEqual([]);
    const decided = await Promise.all(
      [system.inventory, more[1]!].map((instance) => metric(instance, "inventory_decisions_total")),
    );
    expect(Math.min(...decided)).toBeGreaterThan(0);
    expect(decided[0]! + decided[1]!).toBe(decisions.all().length);
    await system.until(
      "the file counts the orders of both",
      async () => (await system.metrics())?.total_orders === 2 * ORDERS,
    );
  }, 60_000);

  test("one of each ends: the others go on with all partitions and the same totals", async () => {
    const ends = [system.producer, system.inventory, system.analytics].map((service) => service.terminate());
    for (const { exitCode } of await Promise.all(ends)) expect(exitCode).toBe(0);
    await place(`http://127.0.0.1:${port}`);
    await untilDone();
    await system.until(
      "the file counts what has come since",
      async () => (await system.metrics())?.total_orders === 3 * ORDERS,
    );
  }, 60_000);
});
