import { expect, test } from "bun:test";
import { createKafkaHealth, type KafkaState } from "./kafka-health.ts";

function setUp() {
  const cluster = {
    answer: Promise.resolve({ brokers: [1, 2, 3] }) as Promise<{ brokers: number[] }>,
    asked: 0,
  };
  const clock = { now: 0 };
  const changes: [KafkaState, unknown][] = [];
  const health = createKafkaHealth({
    describeCluster: ({ timeoutMs }) => {
      expect(timeoutMs).toBe(1000);
      cluster.asked += 1;
      return cluster.answer;
    },
    onChange: (state, reason) => changes.push([state, reason]),
    now: () => clock.now,
  });
  return { health, cluster, clock, changes };
}

test("an answer holds for a second", async () => {
  const { health, cluster, clock } = setUp();
  expect(await health.check()).toEqual({ isReachable: true, brokers: 3 });
  clock.now = 999;
  await health.check();
  expect(cluster.asked).toBe(1);
  clock.now = 1000;
  await health.check();
  expect(cluster.asked).toBe(2);
});

test("all who ask meanwhile share one question", async () => {
  const { health, cluster } = setUp();
  await Promise.all(Array.from({ length: 100 }, () => health.check()));
  expect(cluster.asked).toBe(1);
});

test("a loss and a return are told, once each", async () => {
  const { health, cluster, clock, changes } = setUp();
  const lost = new Error("no broker answers");
  await health.check();
  expect(changes).toEqual([]);
  for (const answer of [Promise.reject(lost), Promise.reject(lost), Promise.resolve({ brokers: [1] })]) {
    answer.catch(() => {});
    cluster.answer = answer;
    clock.now += 1000;
    await health.check();
  }
  expect(changes).toEqual([
    [{ isReachable: false, brokers: 0 }, lost],
    [{ isReachable: true, brokers: 1 }, undefined],
  ]);
});
