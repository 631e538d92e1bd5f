/** What tests of clients share: a cluster for a file of them, after which no native handle may be left, and waiting for what comes by itself. */
import { afterAll, expect } from "bun:test";
import { createProducer, type Producer } from "./producer.ts";
import { type ClusterOptions, createCluster, liveHandles, type MockCluster } from "./testing/index.ts";

export interface TestCluster {
  readonly cluster: MockCluster;
  /** One for the tests that only need records to be there. */
  readonly producer: Producer;
  /** Creates a topic of a name of its own, which is returned. */
  newTopic(partitions?: number): string;
}

/** Called once, at the beginning of a file. All of it is closed after the file's last test. */
export function useCluster(options: ClusterOptions = {}): TestCluster {
  leavesNoHandles(async () => {
    await producer?.close();
    cluster.close();
  });
  const cluster = createCluster(options);
  let producer: Producer | undefined;
  let topics = 0;
  return {
    cluster,
    get producer() {
      producer ??= createProducer({ brokers: cluster.brokers });
      return producer;
    },
    newTopic(partitions = 1) {
      const topic = `topic-${topics++}`;
      cluster.createTopic(topic, { partitions });
      return topic;
    },
  };
}

/** After the file's last test, and `close`, there are as many native handles as there are now: other files of the run may hold some of their own. */
export function leavesNoHandles(close: () => Promise<void> | void = () => undefined): void {
  const before = liveHandles();
  afterAll(async () => {
    await close();
    expect(liveHandles()).toEqual(before);
  });
}

/** Waits for a condition, looking again every few milliseconds. @throws after `deadlineMs`, with the condition's source */
export async function until(condition: () => boolean, deadlineMs = 25_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not reached within ${deadlineMs} ms: ${condition}`);
    await Bun.sleep(5);
  }
}
