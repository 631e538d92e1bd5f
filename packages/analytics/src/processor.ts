/**
 * The analytics' work: counts the events of the partitions this instance holds, and keeps the counts with the offsets they
 * reach up to. Counting and committing are apart in time and together in content, so it does not matter how often is
 * committed: whoever goes on from a commit finds what was counted up to there, no more and no less.
 */
import { decodeEvent, type Event, INVENTORY_EVENTS, MalformedEventError, ORDER_EVENTS } from "@campus/events";
import type { TopicPartition, TopicPartitionOffset } from "@campus/kafka";
import {
  type DeadLetter,
  type DeadLetters,
  deadLetterOf,
  type Logger,
  type UnhandledRecord,
} from "@campus/service";
import type { Checkpoint, CheckpointStore } from "./checkpoint-store.ts";
import { GROUP } from "./config.ts";
import { type Counts, countEvent, createCounts } from "./metrics.ts";

/** What is needed of a consumed batch; `Batch` of `@campus/kafka` is one. */
export interface EventBatch extends TopicPartition, Iterable<UnhandledRecord> {
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export interface ProcessorOptions {
  readonly store: CheckpointStore;
  readonly deadLetters: DeadLetters;
  readonly log: Logger;
  readonly onCounted?: (topic: string, events: number) => void;
  readonly nowMs?: () => number;
}

export interface Processor {
  /** Takes partitions over where the last owner left them; resolves to the offsets to begin with. */
  assigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>;
  /** Counts a batch. Batches of different partitions may come at once. */
  handle(batch: EventBatch): Promise<void>;
  /** Keeps what was counted since the last time. Calls are served one after the other. */
  save(): Promise<void>;
  /** Gives partitions up, kept (`save`) or lost: what was counted of them since the last save, their next owner counts. */
  drop(partitions: readonly TopicPartition[]): void;
  holds(partition: TopicPartition): boolean;
  /** The held partitions as they are counted now. */
  checkpoints(): Checkpoint[];
}

interface Held extends TopicPartition {
  /** The next offset to read: all before it is in `counts`. */
  offset: number;
  counts: Counts;
  savedOffset: number;
}

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** An event that lies in the other topic: well-formed, and counted there if anywhere. */
class UnexpectedEventError extends Error {
  override readonly name = "UnexpectedEventError";
}

export function createProcessor({
  store,
  deadLetters,
  log,
  onCounted,
  nowMs = Date.now,
}: ProcessorOptions): Processor {
  const held = new Map<string, Held>();
  let lastSave: Promise<unknown> = Promise.resolve();

  function read(batch: EventBatch): { events: Event[]; letters: DeadLetter[] } {
    const events: Event[] = [];
    const letters: DeadLetter[] = [];
    for (const record of batch) {
      try {
        events.push(eventIn(record));
      } catch (error) {
        if (!(error instanceof MalformedEventError || error instanceof UnexpectedEventError)) throw error;
        letters.push(deadLetterOf(record, GROUP, error));
      }
    }
    return { events, letters };
  }

  async function saveNow(): Promise<void> {
    const changed = [...held.values()].filter(({ offset, savedOffset }) => offset !== savedOffset);
    if (changed.length === 0) return;
    // What is counted while this is under way is not in it, so it is noted what is.
    const saved = changed.map((partition) => ({ partition, offset: partition.offset }));
    await store.save(changed);
    for (const { partition, offset } of saved) partition.savedOffset = offset;
  }

  return {
    async assigned(partitions) {
      const checkpoints = await store.load(partitions);
      for (const { topic, partition, offset, counts } of checkpoints) {
        held.set(keyOf({ topic, partition }), { topic, partition, offset, counts, savedOffset: offset });
      }
      return checkpoints.filter(({ offset }) => offset >= 0);
    },

    async handle(batch) {
      const { events, letters } = read(batch);
      if (letters.length > 0) await deadLetters.add(letters);
      const partition = held.get(keyOf(batch));
      // Lost while the batch was read: it is its next owner's to count.
      if (partition === undefined) return;
      if (batch.firstOffset < partition.offset) {
        log.info("{topic}/{partition} was rewound to {offset}: counting anew from there", {
          topic: batch.topic,
          partition: batch.partition,
          offset: batch.firstOffset,
        });
        partition.counts = createCounts();
      }
      const now = nowMs();
      for (const event of events) countEvent(partition.counts, event, now);
      // In the same turn as the counting: a save in between would part the two.
      partition.offset = batch.lastOffset + 1;
      onCounted?.(batch.topic, events.length);
    },

    save() {
      const saved = lastSave.then(saveNow);
      lastSave = saved.catch(() => {});
      return saved;
    },

    drop(partitions) {
      for (const partition of partitions) held.delete(keyOf(partition));
    },

    holds: (partition) => held.has(keyOf(partition)),

    checkpoints: () => [...held.values()],
  };
}

function eventIn(record: UnhandledRecord): Event {
  const event = decodeEvent(record.value);
  const topic = event.event_type === "OrderPlaced" ? ORDER_EVENTS : INVENTORY_EVENTS;
  if (topic !== record.topic) throw new UnexpectedEventError(`${event.event_type} belongs into ${topic}`);
  return event;
}
