/**
 * Inventory's promise on real Kafka: each order has one decision that readers of committed records see, in the order of the orders, and what is no
 * order lies in the dead-letter topic once; whatever is killed, aborted, stopped and woken again.
 */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { deadLetterTopic, ORDER_EVENTS, readDeadLetterHeaders } from "@campus/events";
import {
  createInventoryFleet,
  createOrders,
  examine,
  type InventoryFleet,
  nothingWrong,
  type Orders,
} from "./support/inventory.ts";
import { onOwnCluster } from "./support/own-clusters.ts";
import { metric, type ServiceProcess } from "./support/service-process.ts";
import { followTopic } from "./support/topic-log.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(120_000);

/** Small, so that a kill finds one parcel on its way and another waiting. */
const SMALL = { INVENTORY_BATCH_MAX_RECORDS: "100" };

onOwnCluster("apache", "inventory", (cluster) => {
  let orders: Orders;
  let fleet: InventoryFleet;

  beforeAll(() => {
    orders = createOrders(cluster().brokers);
    fleet = createInventoryFleet(cluster().brokers);
  });
  afterEach(() => fleet?.stop());
  afterAll(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await orders?.[Symbol.asyncDispose]();
  });

  /** All orders of all tests so far are decided once, in order. */
  async function expectAllRight(): Promise<void> {
    await fleet.untilDrained();
    expect(await examine(cluster().brokers, orders)).toEqual(nothingWrong);
  }

  const decided = async (...services: ServiceProcess[]) =>
    (await Promise.all(services.map((service) => metric(service, "inventory_decisions_total")))).reduce(
      (sum, count) => sum + count,
      0,
    );

  test("an order is decided, one that comes again is not, and what is none is set aside with its headers", async () => {
    const service = fleet.create();
    await service.start();
    await orders.write(10);
    await orders.repeat(5);
    await orders.writePoison(2);
    await expectAllRight();
    expect(await metric(service, "inventory_duplicates_suppressed_total")).toBe(5);
    await using letters = followTopic(cluster().brokers, deadLetterTopic(ORDER_EVENTS));
    await letters.catchUp();
    for (const { key, text, headers } of letters.all()) {
      expect([text, headers[0]]).toEqual([`no event: ${key}`, ["trace", Buffer.from(key)]]);
      expect(readDeadLetterHeaders(headers)).toMatchObject({
        topic: ORDER_EVENTS,
        group: "inventory-group",
        errorClass: "MalformedEventError",
        attempts: 1,
        omittedBytes: null,
      });
    }
    // A restart does not forget what was decided.
    expect((await service.terminate()).exitCode).toBe(0);
    await orders.repeat(10);
    await service.start();
    await expectAllRight();
    expect(await metric(service, "inventory_duplicates_suppressed_total")).toBe(10);
  });

  test("kill -9 under load, and whoever comes next goes on", async () => {
    const load = orders.startLoad();
    const services = [fleet.create({ environment: SMALL }), fleet.create({ environment: SMALL })];
    await services[0]!.start();
    for (let kill = 0; kill < 3; kill++) {
      const [victim, heir] = [services[kill % 2]!, services[(kill + 1) % 2]!];
      await until("it is in the middle of it", async () => (await decided(victim)) > 200);
      const started = heir.start();
      await victim.kill();
      await started;
    }
    await load.stop();
    await expectAllRight();
  });

  test("a third of the transactions aborted", async () => {
    const service = fleet.create({
      program: "tests/chaos/programs/aborting-inventory.ts",
      environment: SMALL,
    });
    await orders.write(1000);
    await orders.repeat(500);
    await orders.writePoison(10);
    await service.start();
    await orders.write(1000);
    await expectAllRight();
    expect(await metric(service, "inventory_transactions_total", "aborted")).toBeGreaterThan(5);
  });

  test("one instance, two, one: partitions move under load", async () => {
    const [first, second] = [fleet.create({ environment: SMALL }), fleet.create({ environment: SMALL })];
    await first.start();
    const load = orders.startLoad();
    await until("the first is at work", async () => (await decided(first)) > 200);
    await second.start();
    await until("the second is at work", async () => (await decided(second)) > 200);
    expect((await first.terminate()).exitCode).toBe(0);
    const before = await decided(second);
    await until("the second goes on", async () => (await decided(second)) > before + 300);
    await load.stop();
    await expectAllRight();
  });

  test("a zombie, stopped past its session and woken when others have gone on, changes nothing", async () => {
    const [zombie, heir] = [fleet.create({ environment: SMALL }), fleet.create({ environment: SMALL })];
    await zombie.start();
    const load = orders.startLoad();
    await until("the zombie-to-be is at work", async () => (await decided(zombie)) > 200);
    process.kill(zombie.pid, "SIGSTOP");
    await heir.start();
    await until("the heir is at work", async () => (await decided(heir)) > 200);
    process.kill(zombie.pid, "SIGCONT");
    await zombie.said("lost order-events", 20_000);
    const before = await decided(zombie);
    await until("the zombie is back at work", async () => (await decided(zombie)) > before);
    await load.stop();
    await expectAllRight();
  });

  test("silent Kafka: not ready, and says why; SIGTERM ends it within 10 s", async () => {
    const service = fleet.create({ environment: { KAFKA_STALL_TIMEOUT: "1s" } });
    await service.start();
    await orders.write(50);
    await fleet.untilDrained();
    await cluster().silence();
    const answer = async () => {
      const response = await fetch(`${service.managementUrl}/ready`);
      return { ok: response.ok, text: await response.text() };
    };
    await until("it is not ready", async () => !(await answer()).ok, { deadlineMs: 20_000 });
    expect((await answer()).text).toContain("Kafka has not said for");
    await cluster().recover();
    await until("it is ready again", async () => (await answer()).ok, { deadlineMs: 20_000 });
    await orders.write(50);
    await expectAllRight();
    await cluster().silence();
    const { elapsedMs } = await service.terminate();
    expect(elapsedMs).toBeLessThan(10_500);
    await cluster().recover();
  });
});
