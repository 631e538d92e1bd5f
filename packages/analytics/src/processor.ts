/**
 * The analytics' work: counts the events of the partitions this instance holds, and keeps the counts with the offsets they
 * reach up to. Counting and committing are apart in time and together in content, so it does not matter how often is
 * committed: whoever goes on from a commit finds what was counted up to there, no more and no less. Only a batch with records that
 * can't be counted is not done before they are kept with its offsets, so no more of them wait than the batches in hand hold.
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  type DeadLetter,
  decodeEvent,
  type Event,
  INVENTORY_EVENTS,
  MalformedEventError,
  ORDER_EVENTS,
  type UnhandledRecord,
} from "@campus/events";
import type { TopicPartition, TopicPartitionOffset } from "@campus/kafka";
import type { Logger } from "@campus/service";
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
  readonly log: Logger;
  readonly onCounted?: (topic: string, events: readonly Event[]) => void;
  /** Told once they are kept. */
  readonly onSetAside?: (letters: readonly DeadLetter[]) => void;
  readonly nowMs?: () => number;
  /** Pause between two attempts to keep dead letters, in milliseconds. */
  readonly retryMs?: number;
}

export interface Processor {
  /** Takes partitions over where the last owner left them; resolves to the offsets to begin with. */
  assigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>;
  /** Counts a batch. Batches of different partitions may come at once. */
  handle(batch: EventBatch): Promise<void>;
  /** Keeps what was counted since the last time. Calls are served one after the other. Rejects when it is not kept. */
  save(): Promise<void>;
  /** Gives partitions up, kept (`save`) or lost: what was counted of them since the last save, their next owner counts. */
  drop(partitions: readonly TopicPartition[]): void;
  /** All before an offset was handed out and counted, and nothing but what no reader is shown lies between. */
  reached(end: TopicPartitionOffset): void;
  holds(partition: TopicPartition): boolean;
  /** How far what is kept is, for whoever watches over progress. */
  standing(): Standing[];
  /** The held partitions as they are counted now. */
  checkpoints(): Checkpoint[];
}

/** A partition that is held, or being taken over. */
export interface Standing extends TopicPartition {
  /** The offset that is kept, -1 where none is. */
  readonly offset: number;
  /** What keeps it from moving, if anything is known to. */
  readonly trouble: string | undefined;
}

interface Held extends TopicPartition {
  /** The next offset to read: all before it is in `counts`. */
  offset: number;
  counts: Counts;
  /** The offset whose counts the store holds; undefined where it holds something else. */
  savedOffset: number | undefined;
  /** Below `offset`, and not kept yet. */
  letters: readonly DeadLetter[];
}

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** An event that lies in the other topic: well-formed, and counted there if anywhere. */
class UnexpectedEventError extends Error {
  override readonly name = "UnexpectedEventError";
}

export function createProcessor({
  store,
  log,
  onCounted,
  onSetAside,
  nowMs = Date.now,
  retryMs = 500,
}: ProcessorOptions): Processor {
  const held = new Map<string, Held>();
  let restoring: readonly TopicPartition[] = [];
  /** Of the last save, if it failed. */
  let trouble: string | undefined;
  let lastSave: Promise<unknown> = Promise.resolve();

  const isHeld = (partition: Held) => held.get(keyOf(partition)) === partition;

  function read(batch: EventBatch): { events: Event[]; letters: DeadLetter[] } {
    const events: Event[] = [];
    const letters: DeadLetter[] = [];
    for (const record of batch) {
      try {
        events.push(eventIn(record));
      } catch (error) {
        if (!(error instanceof MalformedEventError || error instanceof UnexpectedEventError)) throw error;
        // Trying again would not make it an event.
        letters.push({ record, group: GROUP, error, firstSeenMs: nowMs(), attempts: 1 });
      }
    }
    return { events, letters };
  }

  async function saveNow(): Promise<void> {
    const changed = [...held.values()].filter(({ offset, savedOffset }) => offset !== savedOffset);
    if (changed.length === 0) return;
    // What is counted while this is under way is not in it, so it is noted what is.
    const saved = changed.map((partition) => ({ partition, offset: partition.offset }));
    const letters = changed.flatMap((partition) => partition.letters);
    const tenures = new Map(changed.map((partition) => [keyOf(partition), partition]));
    await store.save({
      checkpoints: changed,
      letters,
      holds: (partition) => held.get(keyOf(partition)) === tenures.get(keyOf(partition)),
    });
    const kept = new Set(letters);
    for (const { partition, offset } of saved) {
      partition.savedOffset = offset;
      partition.letters = partition.letters.filter((letter) => !kept.has(letter));
    }
    if (letters.length > 0) onSetAside?.(letters);
  }

  function save(): Promise<void> {
    const saved = lastSave.then(saveNow);
    lastSave = saved.then(
      () => (trouble = undefined),
      (error) => (trouble = error instanceof Error ? error.message : String(error)),
    );
    return saved;
  }

  /** Until they are kept, or the partition is given up with them: then its next owner finds the same records. */
  async function keepLetters(partition: Held): Promise<void> {
    while (isHeld(partition) && partition.letters.length > 0) {
      try {
        await save();
      } catch (error) {
        log.warn("{partition} waits until its dead letters are kept: {error}", {
          partition: keyOf(partition),
          error,
        });
        await pause(retryMs);
      }
    }
  }

  return {
    async assigned(partitions) {
      restoring = partitions;
      // A load that fails ends the process, so it stays that way.
      const checkpoints = await store.load(partitions);
      restoring = [];
      for (const { topic, partition, offset, counts, stale } of checkpoints) {
        // Without an offset there is nothing to keep yet.
        const savedOffset = stale && offset >= 0 ? undefined : offset;
        held.set(keyOf({ topic, partition }), { topic, partition, offset, counts, savedOffset, letters: [] });
      }
      return checkpoints.filter(({ offset }) => offset >= 0);
    },

    async handle(batch) {
      const { events, letters } = read(batch);
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
      // In the same turn as the counting: a save in between would part them.
      partition.offset = batch.lastOffset + 1;
      partition.letters = [...partition.letters, ...letters];
      onCounted?.(batch.topic, events);
      if (letters.length > 0) await keepLetters(partition);
    },

    save,

    drop(partitions) {
      for (const partition of partitions) held.delete(keyOf(partition));
    },

    reached({ offset, ...place }) {
      const partition = held.get(keyOf(place));
      if (partition !== undefined && offset > partition.offset) partition.offset = offset;
    },

    standing() {
      const waits = "what it has counted so far is not known yet";
      return [
        ...[...held.values()].map(({ topic, partition, savedOffset = -1 }) => {
          return { topic, partition, offset: savedOffset, trouble };
        }),
        ...restoring.map((partition) => ({ ...partition, offset: -1, trouble: waits })),
      ];
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
