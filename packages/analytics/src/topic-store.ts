/**
 * The checkpoint store in the state topic. Counts, the group's offsets and dead letters are one transaction: the topic's newest counts of a partition are
 * always those of its committed offset. `restore` says what a partition goes on from.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type DeadLetter, deadLetterRecord, deadLetterTopic } from "@campus/events";
import { type Consumer, KafkaError, type TopicPartition, type TopicPartitionOffset } from "@campus/kafka";
import type { Logger } from "@campus/service";
import { writeCheckpoint, writePointer } from "./checkpoint.ts";
import { type CheckpointStore, mustHold, type RestoredCheckpoint, type Save } from "./checkpoint-store.ts";
import { createCounts } from "./metrics.ts";
import { countsIn, restore } from "./restore.ts";
import type { StateLog } from "./state-log.ts";
import { STATE_TOPIC, stateKey, stateRecord } from "./state-topic.ts";
import { type Transactions, UnsettledError } from "./transactions.ts";

export interface TopicStoreOptions {
  readonly groupId: string;
  /** Whose offsets are committed. */
  readonly consumer: Consumer;
  /** The store closes both. */
  readonly transactions: Transactions;
  readonly stateLog: StateLog;
  readonly log: Logger;
  /** Of the transactions, for the message while one of another writer is waited for. */
  readonly transactionTimeoutMs: number;
  /** A restore that takes longer says what it waits for, as often. */
  readonly noticeMs?: number;
  /** Pause between two attempts to learn what became of a transaction, in milliseconds. */
  readonly retryMs?: number;
}

export function createTopicStore(options: TopicStoreOptions): CheckpointStore {
  const { groupId, consumer, transactions, stateLog, log, retryMs = 500 } = options;
  let isClosed = false;
  const stateOf = (partition: TopicPartition) => stateLog.get(stateKey(groupId, partition));

  /** As often as it takes: whoever does not know what became of dead letters can't send them again. */
  async function committedOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    for (;;) {
      try {
        return await consumer.committed(partitions);
      } catch (error) {
        if (isClosed || !(error instanceof KafkaError) || error.fatal) throw error;
        await pause(retryMs);
      }
    }
  }

  /** Whether a transaction of unknown outcome, settled by now, is the one whose offsets the group has. */
  async function wasCommitted({ checkpoints, holds }: Save): Promise<boolean> {
    const committed = await committedOffsets(checkpoints.map(placeOf));
    // Of what was given up since, the offsets may be another's.
    return checkpoints.some(
      (checkpoint) => holds(checkpoint) && offsetIn(committed, checkpoint) === checkpoint.offset,
    );
  }

  return {
    async load(partitions) {
      if (partitions.length === 0) return [];
      const notices = startNotices(options);
      try {
        // Offsets first: a transaction of the last owner that is still open may change them, so they are waited for. Its counts were written
        // before, so they lie in the part of the log that is read afterwards.
        const committed = await consumer.committed(partitions);
        await stateLog.catchUp();
        return committed.map((offset) => restored(offset, stateOf(offset), log));
      } finally {
        clearInterval(notices);
      }
    },

    async latest(partitions) {
      return partitions.map((partition) => {
        const state = stateOf(partition);
        return { ...partition, ...(state ? countsIn(state) : { offset: -1, counts: createCounts() }) };
      });
    },

    async save(save) {
      const kept = { ...save, checkpoints: save.checkpoints.map((checkpoint) => ({ ...checkpoint })) };
      const records = kept.checkpoints.map((checkpoint) =>
        stateRecord(stateKey(groupId, checkpoint), writeCheckpoint(checkpoint.offset, checkpoint.counts)),
      );
      try {
        await transactions.run((transaction) => {
          transaction.sendBatch(STATE_TOPIC, records);
          for (const [topic, letters] of byTopic(kept.letters))
            transaction.sendBatch(topic, letters.map(deadLetterRecord));
          // The group fences members it has moved on without, but would take offsets of partitions that a living member has given up. Nothing is
          // waited for between this look and the reading of the membership.
          mustHold(kept);
          const offsets = kept.checkpoints.map(({ topic, partition, offset }) => {
            return { topic, partition, offset, metadata: writePointer(offset) };
          });
          return transaction.sendOffsets(consumer, offsets);
        });
      } catch (error) {
        if (!(error instanceof UnsettledError) || !(await wasCommitted(kept))) throw error;
      }
    },

    async close() {
      isClosed = true;
      await Promise.all([transactions.close(), stateLog.close()]);
    },
  };
}

function restored(
  { topic, partition, offset, metadata }: TopicPartitionOffset,
  state: ReturnType<StateLog["get"]>,
  log: Logger,
): RestoredCheckpoint {
  const found = restore({ topic, partition }, { offset, metadata }, state);
  if (found.note !== undefined)
    log.info("{topic}/{partition}: {note}", { topic, partition, note: found.note });
  return { topic, partition, offset, counts: found.counts, stale: found.stale };
}

function startNotices({
  stateLog,
  log,
  transactionTimeoutMs,
  noticeMs = 2_000,
}: TopicStoreOptions): NodeJS.Timeout {
  return setInterval(async () => {
    const from = await stateLog.stableOffset().catch(() => undefined);
    log.warn(
      "waiting to read all counts: a transaction is open since offset {from} of {topic}. Kafka aborts that of a writer that was killed " +
        "{timeoutMs} ms after its beginning, and looks every transaction.abort.timed.out.transaction.cleanup.interval.ms",
      { from, topic: STATE_TOPIC, timeoutMs: transactionTimeoutMs },
    );
  }, noticeMs);
}

function byTopic(letters: readonly DeadLetter[]): Map<string, DeadLetter[]> {
  return Map.groupBy(letters, ({ record }) => deadLetterTopic(record.topic));
}

function offsetIn(list: readonly TopicPartitionOffset[], { topic, partition }: TopicPartition): number {
  return list.find((entry) => entry.topic === topic && entry.partition === partition)?.offset ?? -1;
}

function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}
