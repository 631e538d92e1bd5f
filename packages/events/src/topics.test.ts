import { expect, test } from "bun:test";
import { TOPICS, topicsToCreate } from "./topics.ts";

test("both topics: 3 partitions, one copy, kept 7 days", () => {
  expect(TOPICS.map(({ topic }) => topic)).toEqual(["order-events", "inventory-events"]);
  for (const entry of topicsToCreate()) {
    expect(entry).toMatchObject({
      partitions: 3,
      replicationFactor: 1,
      config: { "retention.ms": "604800000" },
    });
    expect(entry.config).not.toHaveProperty("min.insync.replicas");
  }
});

test("what exists is left out", () => {
  expect(topicsToCreate({ existing: ["order-events", "other"] }).map(({ topic }) => topic)).toEqual([
    "inventory-events",
  ]);
});

test.each([
  [1, 3, 1],
  [3, 1, 1],
  [3, 2, 2],
  [3, 5, 3],
  [2, 0, 1],
])("replication %d on %d brokers gives %d copies", (replication, brokers, copies) => {
  expect(topicsToCreate({ replication, brokers })[0]?.replicationFactor).toBe(copies);
});

test("three copies acknowledge with two", () => {
  expect(topicsToCreate({ replication: 3, brokers: 3 })[0]?.config["min.insync.replicas"]).toBe("2");
});
