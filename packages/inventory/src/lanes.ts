/** The lanes of the partitions this process holds: made when they come in, drained when they are given back, ended when they are lost. */
import type { Batch, Consumer, TopicPartition, TopicPartitionOffset } from "@campus/kafka";
import type { Logger } from "@campus/service";
import type { Lane } from "./lane.ts";
import type { OrderWindow } from "./order-window.ts";
import { createOrderWindow } from "./order-window.ts";
import { retry } from "./retry.ts";
import type { Tail } from "./tail-reader.ts";

export interface LanesOptions {
  /** Asked only after partitions have come in. */
  readonly consumer: () => Pick<Consumer, "watermarks">;
  readonly createLane: (partition: TopicPartition, window: OrderWindow) => Lane;
  /** Reads tails of partitions into their windows. */
  readonly readTails: (tails: readonly Tail[], signal: AbortSignal) => Promise<void>;
  /** How many orders of a partition are remembered. */
  readonly windowOrders: number;
  readonly log: Logger;
  /** How long partitions that are given back may go on delivering what they have decided. */
  readonly drainTimeoutMs?: number;
}

/** How far a partition is, for whoever watches over its progress. */
export interface LaneProgress {
  readonly name: string;
  /** What the group has committed; -1 where nothing. */
  readonly position: number;
  /** Records that are not committed yet. */
  readonly lag: number;
  /** Why the last delivery failed. */
  readonly trouble: string | undefined;
}

export interface Lanes {
  onAssigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>;
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>;
  onLost(partitions: readonly TopicPartition[]): void;
  /** Takes a batch in hand, see `Lane`. */
  accept(batch: Batch): Promise<void>;
  /** A partition was read up to this offset; see `onEnd` of the consumer. */
  onEnd(end: TopicPartitionOffset): void;
  progress(): Promise<LaneProgress[]>;
  /**
   * Takes nothing more in hand and delivers what is decided. Before the consumer leaves its group: to settle a transaction takes the committed
   * offset, which a member that is leaving is not told any more. Resolves when all is delivered, or at `end`.
   */
  drain(): Promise<void>;
  /** Ends all that is left, and what comes in from now on. */
  end(reason: Error): void;
}

export function createLanes(options: LanesOptions): Lanes {
  const { consumer, createLane, readTails, windowOrders, log, drainTimeoutMs = 30_000 } = options;
  const lanes = new Map<string, Lane>();
  const ending = new AbortController();

  function take(partitions: readonly TopicPartition[]): Lane[] {
    return partitions.flatMap((partition) => {
      const lane = lanes.get(nameOf(partition)) ?? [];
      lanes.delete(nameOf(partition));
      return lane;
    });
  }

  async function openAll(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    const opened = partitions.map((partition) => {
      const window = createOrderWindow(windowOrders);
      const lane = createLane(partition, window);
      lanes.set(nameOf(partition), lane);
      return { ...partition, window, lane };
    });
    if (ending.signal.aborted) for (const { lane } of opened) void lane.end(ending.signal.reason);
    const starts = await Promise.all(
      opened.map(async ({ lane, ...rest }) => ({ ...rest, offset: await lane.open() })),
    );
    const begun = starts.filter(({ offset }) => offset > 0);
    if (windowOrders > 0 && begun.length > 0) await fillWindows(begun);
    return starts.flatMap(({ topic, partition, offset }) => (offset < 0 ? [] : { topic, partition, offset }));
  }

  async function fillWindows(
    starts: readonly (TopicPartitionOffset & { readonly window: OrderWindow })[],
  ): Promise<void> {
    const fill = async () => {
      const watermarks = await consumer().watermarks(starts);
      const tails = starts.map(({ offset, ...rest }, index) => ({
        ...rest,
        from: Math.max(watermarks[index]?.low ?? 0, offset - windowOrders),
        to: offset,
      }));
      await readTails(tails, ending.signal);
    };
    await retry(fill, {
      signal: ending.signal,
      isRetriable: () => true,
      onRetry: (error) => log.warn("what was decided last can't be read yet: {error}", { error }),
    });
  }

  async function drain(leaving: readonly Lane[]): Promise<void> {
    const { promise: deadline, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, drainTimeoutMs);
    ending.signal.addEventListener("abort", () => resolve(), { once: true });
    if (ending.signal.aborted) resolve();
    await Promise.race([Promise.all(leaving.map((lane) => lane.drain())), deadline]);
    clearTimeout(timer);
  }

  return {
    onAssigned: openAll,
    async onRevoked(partitions) {
      const leaving = take(partitions);
      await drain(leaving);
      for (const lane of leaving) void lane.end(new Error("The partition was given back."));
    },
    onLost(partitions) {
      for (const lane of take(partitions)) void lane.end(new Error("The partition was lost."));
    },
    async accept(batch) {
      await lanes.get(nameOf(batch))?.accept(batch);
    },
    onEnd: (end) => lanes.get(nameOf(end))?.reach(end.offset),
    async progress() {
      const held = [...lanes].map(([name, lane]) => ({ name, lane, ...placeOf(name) }));
      if (held.length === 0) return [];
      const watermarks = await consumer().watermarks(held);
      return held.map(({ name, lane }, index) => {
        const { low = 0, high = 0 } = watermarks[index] ?? {};
        const { position, trouble } = lane;
        return {
          name,
          position,
          lag: Math.max(0, high - Math.max(low, position)),
          trouble: trouble?.message,
        };
      });
    },
    drain: () => drain([...lanes.values()]),
    end(reason) {
      ending.abort(reason);
      for (const lane of lanes.values()) void lane.end(reason);
    },
  };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function placeOf(name: string): TopicPartition {
  const at = name.lastIndexOf("/");
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) };
}
