import { expect, test } from "bun:test";
import { TOPICS, topicsToCreate } from "./topics.ts";

const EVENTS = ["order-events", "inventory-events"];
const DEAD_LETTERS = ["order-events.dlq", "inventory-events.dlq"];

test("both topics of events and their dead letters: 3 partitions, one copy", () => {
  expect(TOPICS.map(({ topic }) => topic)).toEqual([...EVENTS, ...DEAD_LETTERS]);
  for (const entry of topicsToCreate()) {
    expect(entry).toMatchObject({ partitions: 3, replicationFactor: 1 });
    expect(entry.config).not.toHaveProperty("min.insync.replicas");
  }
});

test("events are kept 7 days, dead letters 30, and those may be larger than any event", () => {
  expect(topicsToCreate({ existing: DEAD_LETTERS }).map(({ config }) => config)).toEqual(
    EVENTS.map(() => ({ "retention.ms": "604800000" })),
  );
  expect(topicsToCreate({ existing: EVENTS }).map(({ config }) => config)).toEqual(
    DEAD_LETTERS.map(() => ({ "retention.ms": "2592000000", "max.message.bytes": "2097152" })),
  );
});

test("what exists is left out", () => {
  expect(topicsToCreate({ existing: ["order-events", "other"] }).map(({ topic }) => topic)).toEqual([
    "inventory-events",
    ...DEAD_LETTERS,
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
