/** What the tests of `orders` stand on: the command in a folder of its own, and logs with a group that has read some of them. */
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Consumer, createAdmin, createConsumer, createProducer } from "@campus/kafka";
import type { TestCluster } from "./clusters.ts";
import { type Ended, runOrders } from "./orders-command.ts";

/** How many records each partition of a log has. */
export const RECORDS = [7, 5, 3];

export interface Log {
  readonly brokers: string;
  readonly topic: string;
  readonly groupId: string;
  /** Runs the command on this cluster. */
  readonly run: (...args: string[]) => Promise<Ended>;
  /** What the group has committed, by partition; -1 for nothing. */
  readonly committed: () => Promise<number[]>;
}

/** For the tests of one file. */
export function useOrders() {
  /** Where the command is run, and leaves the files it writes. */
  const folder = mkdtempSync(join(tmpdir(), "campus-orders-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const orders = (args: readonly string[], environment: Record<string, string> = {}) =>
    runOrders(args, { environment, folder });

  /** A topic with a few records in each partition, and a group that has committed `offsets` in it without ever having had a member. */
  async function createLog(cluster: TestCluster, offsets: readonly number[] = []): Promise<Log> {
    const { brokers } = cluster;
    const topic = await cluster.createTopic({ prefix: "cli" });
    const groupId = `group-of-${topic}`;
    await using producer = createProducer({ brokers, onLog: () => undefined });
    const records = RECORDS.flatMap((count, partition) =>
      Array.from({ length: count }, (_, i) => ({ partition, value: `${i}` })),
    );
    await producer.sendBatch(topic, records);
    await using admin = createAdmin({ brokers, onLog: () => undefined });
    const commits = offsets.map((offset, partition) => ({ topic, partition, offset }));
    if (commits.length > 0) await admin.alterGroupOffsets(groupId, commits);
    return {
      brokers,
      topic,
      groupId,
      run: (...args) => orders([...args, "--brokers", brokers]),
      async committed() {
        await using asking = createAdmin({ brokers, onLog: () => undefined });
        const places = RECORDS.map((_, partition) => ({ topic, partition }));
        return (await asking.groupOffsets(groupId, places))
          .sort((a, b) => a.partition - b.partition)
          .map(({ offset }) => offset);
      },
    };
  }

  return { folder, orders, createLog };
}

/** A consumer that has read and committed everything, and stays in the group. */
export async function readAll(cluster: TestCluster, { topic, groupId }: Log): Promise<Consumer> {
  const consumer = createConsumer({
    brokers: cluster.brokers,
    groupId,
    topics: [topic],
    clientId: "reader",
    autoOffsetReset: "earliest",
    sessionTimeoutMs: cluster.sessionTimeoutMs,
    onLog: () => undefined,
  });
  let seen = 0;
  for await (const batch of consumer) {
    seen += batch.length;
    await batch.commit();
    if (seen === RECORDS.reduce((sum, count) => sum + count)) break;
  }
  return consumer;
}

/** A table as it was printed: its lines, word by word. */
export function words(text: string): string[][] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ +/));
}
