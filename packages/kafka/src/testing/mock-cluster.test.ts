/** The in-process cluster itself: it starts, fails on demand and leaves nothing behind. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createProducer } from "../producer.ts";
import { createCluster, liveHandles } from "./index.ts";

setDefaultTimeout(30_000);

test("many clusters in one process, closed twice, leave no handle", () => {
  const before = liveHandles();
  const clusters = Array.from({ length: 5 }, () => createCluster({ brokers: 3, topics: { orders: 3 } }));
  expect(new Set(clusters.map(({ brokers }) => brokers)).size).toBe(5);
  for (const cluster of clusters) expect(cluster.brokers.split(",")).toHaveLength(3);
  for (const cluster of clusters) cluster.close();
  for (const cluster of clusters) cluster.close();
  expect(liveHandles()).toEqual(before);
});

test("use after close is an error, not a crash", () => {
  const cluster = createCluster();
  cluster.close();
  expect(() => cluster.createTopic("late", { partitions: 1 })).toThrow("this cluster is closed");
});

test("pushed request errors reach the client, which retries", async () => {
  using cluster = createCluster({ topics: { orders: 1 } });
  await using producer = createProducer({ brokers: cluster.brokers });
  await producer.send("orders", { value: "first" });
  cluster.pushRequestErrors(0, [7, 19, -195]); // REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS, a dropped connection
  expect(await producer.send("orders", { value: "second" })).toMatchObject({
    topic: "orders",
    partition: 0,
    offset: 1,
  });
});

test("a broker that is down holds records back until it is up", async () => {
  using cluster = createCluster({ topics: { orders: 1 } });
  await using producer = createProducer({ brokers: cluster.brokers });
  await producer.send("orders", { value: "first" });
  cluster.brokerDown(1);
  const held = producer.send("orders", { value: "second" });
  const error = await producer.describeCluster({ timeoutMs: 300 }).catch((error) => error);
  expect(error).toMatchObject({ name: "_TIMED_OUT", retriable: true });
  cluster.brokerUp(1);
  expect((await held).offset).toBe(1);
});
