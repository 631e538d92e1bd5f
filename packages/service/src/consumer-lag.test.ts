import { expect, test } from "bun:test";
import { registerConsumerLag } from "./consumer-lag.ts";
import { createMetrics } from "./metrics.ts";

test("lag is shown by topic and partition, and only while it is known", async () => {
  const registry = createMetrics();
  let answer = async () => [
    { topic: "orders", partition: 0, lag: 5 },
    { topic: "orders", partition: 1, lag: 0 },
  ];
  registerConsumerLag({ registry, lag: () => answer() });
  const shown = async () => (await registry.metrics()).match(/^kafka_consumer_lag_records.*$/gm) ?? [];
  expect(await shown()).toEqual([
    'kafka_consumer_lag_records{topic="orders",partition="0"} 5',
    'kafka_consumer_lag_records{topic="orders",partition="1"} 0',
  ]);
  answer = async () => [{ topic: "orders", partition: 1, lag: 2 }];
  expect(await shown()).toEqual(['kafka_consumer_lag_records{topic="orders",partition="1"} 2']);
  answer = () => Promise.reject(new Error("no broker"));
  expect(await shown()).toEqual([]);
});
