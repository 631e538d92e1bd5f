/**
 * The totals over all partitions, whoever holds them: own ones as they are counted now, those of other instances as they
 * last kept them. Every instance can tell them. The instance that holds partition 0 of order-events writes them into the metrics file; when that
 * one goes, the partition's next holder does.
 */
import { ORDER_EVENTS } from "@campus/events";
import type { TopicPartition } from "@campus/kafka";
import type { Logger } from "@campus/service";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { type Counts, eventsOf, type Totals, totalsOf } from "./metrics.ts";
import type { MetricsFile } from "./metrics-file.ts";
import { keyOf, type Processor } from "./processor.ts";
import { reportOf } from "./report.ts";

/** Whoever holds this partition writes the metrics file. */
export const WRITERS_PARTITION: TopicPartition = { topic: ORDER_EVENTS, partition: 0 };

export interface ReporterOptions {
  readonly processor: Pick<Processor, "checkpoints" | "holds">;
  readonly store: Pick<CheckpointStore, "latest">;
  /** Every partition of both topics. */
  readonly partitions: () => Promise<readonly TopicPartition[]>;
  readonly file: Pick<MetricsFile, "write">;
  readonly log: Logger;
  readonly startedAtMs: number;
  readonly nowMs?: () => number;
}

export interface Reporter {
  /**
   * Writes a report, if it is this instance's to write. A report that can't be written is said and left to the next time;
   * the one before stays. Calls are served one after the other; never rejects.
   */
  report(): Promise<void>;
  /** What all partitions come to now. Rejects with KafkaError when what others have counted can't be learned. */
  totals(): Promise<Totals>;
  /** Throughput counts from the next report on: call it when this instance becomes the writer. */
  begin(): void;
}

export function createReporter(options: ReporterOptions): Reporter {
  const { processor, store, file, log, startedAtMs, nowMs = Date.now } = options;
  let known: readonly TopicPartition[] = [];
  let before: { readonly atMs: number; readonly events: ReadonlyMap<string, number> } | undefined;
  let last: Promise<void> = Promise.resolve();

  function own(): Map<string, Counts> {
    return new Map(processor.checkpoints().map((checkpoint) => [keyOf(checkpoint), checkpoint.counts]));
  }

  async function countsOfAll(): Promise<Map<string, Counts>> {
    try {
      known = await options.partitions();
    } catch (error) {
      // Their number hardly ever changes; without any known yet there is nothing to go by.
      if (known.length === 0) throw error;
      log.debug("partitions as last known, because they can't be listed: {error}", { error });
    }
    const others = known.filter((partition) => !processor.holds(partition));
    const kept = await store.latest(others);
    const all = new Map(kept.map((checkpoint) => [keyOf(checkpoint), checkpoint.counts]));
    // Looked at again after the waiting: what has come in meanwhile is counted here, and newer than what is kept.
    for (const [key, counts] of own()) all.set(key, counts);
    return all;
  }

  /** Since the report before, over the partitions it knew; one that was rewound meanwhile counts nothing. */
  function rateOf(events: ReadonlyMap<string, number>, atMs: number): number {
    if (before === undefined || atMs <= before.atMs) return 0;
    let counted = 0;
    for (const [key, count] of events) counted += Math.max(0, count - (before.events.get(key) ?? count));
    return (1000 * counted) / (atMs - before.atMs);
  }

  async function write(): Promise<void> {
    if (!processor.holds(WRITERS_PARTITION)) return;
    try {
      const counts = await countsOfAll();
      if (!processor.holds(WRITERS_PARTITION)) return;
      const atMs = nowMs();
      const events = new Map([...counts].map(([key, of]) => [key, eventsOf(of)]));
      const eventsPerSecond = rateOf(events, atMs);
      before = { atMs, events };
      await file.write(
        reportOf(totalsOf(counts.values(), atMs), { nowMs: atMs, startedAtMs, eventsPerSecond }),
      );
    } catch (error) {
      log.warn("the metrics file is not written this time: {error}", { error });
    }
  }

  return {
    report() {
      last = last.then(write);
      return last;
    },
    totals: async () => totalsOf((await countsOfAll()).values(), nowMs()),
    begin() {
      before = undefined;
    },
  };
}
