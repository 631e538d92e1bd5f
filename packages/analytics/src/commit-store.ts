/**
 * The checkpoint store in the offset commits of the consumer's group: the commit's metadata holds the counts that belong to the offset. One record
 * in Kafka, so the totals are as exact as those of topic-store.ts, with two limits: the brokers bound the metadata
 * (`offset.metadata.max.bytes`), and dead letters are sent before the commit, so a crash in between sends them again. It needs no
 * transactions, which is why it is the one for librdkafka's in-process cluster.
 */
import { type DeadLetter, deadLetterRecord, deadLetterTopic } from "@campus/events";
import type { Consumer, Producer, TopicPartition } from "@campus/kafka";
import { readCommit, writeCheckpoint } from "./checkpoint.ts";
import { type CheckpointStore, mustHold, type RestoredCheckpoint } from "./checkpoint-store.ts";
import { createCounts } from "./metrics.ts";
import { STATE_TOPIC } from "./state-topic.ts";

export interface CommitStoreOptions {
  readonly consumer: Pick<Consumer, "commit" | "committed">;
  /** Sends dead letters; the store closes it. */
  readonly producer: Pick<Producer, "sendBatch" | "close">;
}

export function createCommitStore({ consumer, producer }: CommitStoreOptions): CheckpointStore {
  /** Letters that are in their topic while the commit after them failed: not to be sent a second time. */
  const sent = new WeakSet<DeadLetter>();

  async function load(partitions: readonly TopicPartition[]): Promise<RestoredCheckpoint[]> {
    const committed = await consumer.committed(partitions);
    return committed.map(({ topic, partition, offset, metadata }) => {
      const counts = countsOf({ topic, partition }, offset, metadata);
      return { topic, partition, offset, counts, stale: false };
    });
  }

  async function send(letters: readonly DeadLetter[]): Promise<void> {
    const unsent = letters.filter((letter) => !sent.has(letter));
    const topics = Map.groupBy(unsent, ({ record }) => deadLetterTopic(record.topic));
    for (const [topic, own] of topics) {
      await producer.sendBatch(topic, own.map(deadLetterRecord));
      for (const letter of own) sent.add(letter);
    }
  }

  return {
    load,
    latest: load,
    async save(save) {
      const offsets = save.checkpoints.map(({ topic, partition, offset, counts }) => ({
        topic,
        partition,
        offset,
        metadata: writeCheckpoint(offset, counts),
      }));
      await send(save.letters);
      mustHold(save);
      await consumer.commit(offsets);
    },
    close: () => producer.close(),
  };
}

function countsOf({ topic, partition }: TopicPartition, offset: number, metadata: string | undefined) {
  try {
    const commit = readCommit(offset, metadata);
    if (commit.kind === "pointer")
      throw new Error(
        `they are in the topic ${STATE_TOPIC}, where ANALYTICS_STATE=topic keeps them. Set that for every instance.`,
      );
    return commit.kind === "counts" ? commit.counts : createCounts();
  } catch (cause) {
    throw new Error(
      `The counts of ${topic}/${partition} can't be read: ${cause instanceof Error ? cause.message : cause} ` +
        "Or reset the group's offsets to count anew from where you put them.",
      { cause },
    );
  }
}
