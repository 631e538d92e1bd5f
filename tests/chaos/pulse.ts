/**
 * Whether the system lives, as its clients and readers see it: a follower of inventory-events tells when each order was decided, the load tells
 * when each was answered. From the two come how long the system took to get over a fault, and the longest it stood still.
 */
import { INVENTORY_EVENTS } from "@campus/events";
import { createConsumer } from "@campus/kafka";

const PARTITIONS = 3;

/** Gets over a fault when in every partition an order placed after it was answered and decided. */
export interface Watch {
  /** Milliseconds from the beginning to then, or undefined as long as it has not come. */
  readonly recoveredMs: number | undefined;
}

export interface Pulse extends AsyncDisposable {
  /** Milliseconds since the run began. */
  nowMs(): number;
  /** An order was answered 202; its request was sent at `sentMs`. */
  accepted(orderIds: readonly string[], sentMs: number): void;
  /** Begins to watch for recovery from something that happens now. */
  watch(): Watch;
  /** Waits for it. Undefined when it has not come by the deadline. */
  recovery(watch: Watch, deadlineMs: number): Promise<number | undefined>;
  /** Accepted and not seen decided. */
  readonly waiting: number;
  /** The longest from a 202 to its decision, those still waiting included. */
  longestWaitMs(): number;
  /** Decisions seen, and those of them whose order had been seen decided before. */
  readonly decided: number;
  readonly repeated: number;
}

interface OpenWatch {
  readonly fromMs: number;
  readonly partitions: Set<number>;
  recoveredMs: number | undefined;
}

export function followPulse(brokers: string): Pulse {
  const startedAt = performance.now();
  const nowMs = (): number => performance.now() - startedAt;
  /** Answered and not decided yet, or decided and not answered yet: one of the two is always soon. */
  const waiting = new Map<string, { readonly sentMs: number; readonly acceptedMs: number }>();
  const early = new Map<string, number>();
  const watches = new Set<OpenWatch>();
  const known = new Set<string>();
  let [longestWaitMs, decided] = [0, 0];

  const consumer = createConsumer({
    brokers,
    groupId: `chaos-pulse-${crypto.randomUUID()}`,
    partitions: Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: INVENTORY_EVENTS,
      partition,
      offset: 0,
    })),
    autoOffsetReset: "earliest",
    onLog() {},
    onError() {},
  });
  const reading = consumer.run((batch) => {
    for (const record of batch) {
      decided++;
      const id = String(record.key);
      known.add(id);
      const order = waiting.get(id);
      if (order === undefined) early.set(id, batch.partition);
      else settle(id, order, batch.partition);
    }
  });

  function settle(
    id: string,
    { sentMs, acceptedMs }: { sentMs: number; acceptedMs: number },
    partition: number,
  ) {
    waiting.delete(id);
    const now = nowMs();
    longestWaitMs = Math.max(longestWaitMs, now - acceptedMs);
    for (const watch of watches) {
      if (sentMs < watch.fromMs) continue;
      watch.partitions.add(partition);
      if (watch.partitions.size < PARTITIONS) continue;
      watch.recoveredMs = now - watch.fromMs;
      watches.delete(watch);
    }
  }

  return {
    nowMs,
    accepted(orderIds, sentMs) {
      for (const id of orderIds) {
        const order = { sentMs, acceptedMs: nowMs() };
        const partition = early.get(id);
        if (partition === undefined) waiting.set(id, order);
        else {
          early.delete(id);
          settle(id, order, partition);
        }
      }
    },
    watch() {
      const watch: OpenWatch = { fromMs: nowMs(), partitions: new Set(), recoveredMs: undefined };
      watches.add(watch);
      return watch;
    },
    async recovery(watch, deadlineMs) {
      const deadline = performance.now() + deadlineMs;
      while (watch.recoveredMs === undefined && performance.now() < deadline) await Bun.sleep(5);
      watches.delete(watch as OpenWatch);
      return watch.recoveredMs;
    },
    get waiting() {
      return waiting.size;
    },
    longestWaitMs() {
      const now = nowMs();
      let longest = longestWaitMs;
      for (const { acceptedMs } of waiting.values()) longest = Math.max(longest, now - acceptedMs);
      return longest;
    },
    get decided() {
      return decided;
    },
    get repeated() {
      return decided - known.size;
    },
    async [Symbol.asyncDispose]() {
      await consumer.close();
      await reading;
    },
  };
}
