/** Clients of `@campus/kafka` as tests use them, quiet, and records to send. */
import { createConsumer, createProducer } from "@campus/kafka";
import type { TestCluster } from "./clusters.ts";

export function consumerOf(cluster: TestCluster, topic: string, options = {}) {
  return createConsumer({
    brokers: cluster.brokers,
    groupId: `group-of-${topic}`,
    topics: [topic],
    autoOffsetReset: "earliest",
    sessionTimeoutMs: cluster.sessionTimeoutMs,
    onLog: () => undefined,
    ...options,
  });
}

export const producerOf = (cluster: TestCluster, options = {}) =>
  createProducer({ brokers: cluster.brokers, onLog: () => undefined, ...options });

export const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${i}` }));
