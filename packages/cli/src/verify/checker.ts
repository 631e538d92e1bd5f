/**
 * What must hold between the orders and the decisions of a log, pure: records come in as they lie in the topics, counts and examples come out.
 * First all of `order-events`, then all of `inventory-events`, then the dead letters.
 *
 * How far the inventory has come is told by its committed offsets, taken before anything was read: an order below them must have its decision,
 * one beyond may still wait for it. They tell of aborted data, too: a decision and the offset of its order are one transaction, so a
 * visible decision of an order that the group has not committed in the end belongs to a transaction that never committed.
 */
import { OrderTable, Seen } from "./order-table.ts";

/** How many of a kind are named. */
const EXAMPLES = 5;

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>;

export interface Progress {
  /** Of the inventory's group before the reading; partitions without one are left out. */
  readonly before: Offsets;
  /** The same after the reading, or undefined where that can't be compared: the group was not asked, or does not commit in transactions. */
  readonly after: Offsets | undefined;
  /** The system had its time: whatever is not decided now is missing. */
  readonly settled: boolean;
}

/** A place in a topic. */
export interface LetterSource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly group: string;
}

export interface Findings {
  /** Different order ids. */
  readonly orders: number;
  /** Records that repeat an order, because a client tried again. */
  readonly retries: number;
  /** Records of decisions, duplicates among them. */
  readonly decisions: number;
  readonly reserved: number;
  readonly failed: number;
  /** Orders without a decision that should have one. */
  readonly missing: number;
  /** Orders without a decision that the inventory has not come to yet. */
  readonly pending: number;
  /** Decisions beyond the first of an order. */
  readonly duplicated: number;
  /** Decisions that lie behind one of a later order of the same source partition. */
  readonly outOfOrder: number;
  /** Decisions of orders that are not in the log. */
  readonly withoutOrder: number;
  /** Decisions that are visible though their transaction did not commit; null where that can't be told. */
  readonly abortedSeen: number | null;
  /** Records that are no event of their topic. */
  readonly unreadable: number;
  readonly deadLetters: number;
  /** Unreadable records, passed by the inventory, that are in no dead-letter topic. */
  readonly notSetAside: number;
  /** Dead letters beyond the first of a record and group. */
  readonly deadLettersTwice: number;
  /** A few of each kind of fault, in words. */
  readonly examples: readonly string[];
}

export interface Checker {
  /** A readable record of order-events, in the order of its partition. */
  order(partition: number, offset: number, orderId: string): void;
  /** A readable record of inventory-events, in the order of its partition. */
  decision(partition: number, offset: number, orderId: string, success: boolean): void;
  /** A record that is no event of its topic. */
  unreadable(topic: string, partition: number, offset: number): void;
  /** A dead letter; of a readable order it excuses the decision. `orderId` where the letter's value tells it. */
  letter(source: LetterSource, orderId: string | undefined): void;
  /** Whether an order is in the log. */
  has(orderId: string): boolean;
  /** Whether an order was decided. */
  isDecided(orderId: string): boolean;
  findings(progress: Progress): Findings;
}

export function createChecker({ ordersTopic, group }: { ordersTopic: string; group: string }): Checker {
  const table = new OrderTable();
  const counts = { orders: 0, retries: 0, decisions: 0, reserved: 0, failed: 0, letters: 0, twice: 0 };
  const faults = { duplicated: 0, outOfOrder: 0, withoutOrder: 0 };
  const examples: string[] = [];
  const named = new Map<string, number>();
  /** By partitions of decision and order: the offset of the last order decided. */
  const lastDecided = new Map<number, number>();
  /** By partition of the order: the furthest order decided. */
  const furthest = new Map<number, number>();
  const unreadable = new Map<string, { topic: string; partition: number; offset: number; set: boolean }>();
  const letters = new Set<string>();

  function example(kind: string, words: string): void {
    const count = named.get(kind) ?? 0;
    named.set(kind, count + 1);
    if (count < EXAMPLES) examples.push(`${kind}: ${words}`);
  }

  function checkOrder(slot: number, partition: number, offset: number): void {
    const source = table.place(slot);
    const key = partition * 65_536 + source.partition;
    if (source.offset < (lastDecided.get(key) ?? -1)) {
      faults.outOfOrder++;
      example("out of order", `${table.idOf(slot)} in partition ${partition} at offset ${offset}`);
      return;
    }
    lastDecided.set(key, source.offset);
    furthest.set(source.partition, Math.max(furthest.get(source.partition) ?? -1, source.offset));
  }

  function undecided({ before, settled }: Progress): { missing: number; pending: number } {
    let [missing, pending] = [0, 0];
    for (const slot of table.slots()) {
      if ((table.seen(slot) & (Seen.decision | Seen.letter)) !== 0) continue;
      const { partition, offset } = table.place(slot);
      const passed = Math.max(before.get(partition) ?? 0, (furthest.get(partition) ?? -1) + 1);
      if (!settled && offset >= passed) {
        pending++;
        continue;
      }
      missing++;
      example("missing", `${table.idOf(slot)}, placed in partition ${partition} at offset ${offset}`);
    }
    return { missing, pending };
  }

  function abortedSeen(after: Offsets | undefined): number | null {
    if (after === undefined || after.size === 0) return null;
    let seen = 0;
    for (const slot of table.slots()) {
      if ((table.seen(slot) & Seen.order) === 0 || (table.seen(slot) & Seen.decision) === 0) continue;
      const { partition, offset } = table.place(slot);
      if (offset < (after.get(partition) ?? 0)) continue;
      seen++;
      example("aborted data seen", `a decision of ${table.idOf(slot)}, which ${group} has not committed`);
    }
    return seen;
  }

  return {
    order(partition, offset, orderId) {
      const slot = table.slotOf(orderId);
      if (table.seen(slot) !== 0) {
        counts.retries++;
        return;
      }
      table.mark(slot, Seen.order);
      table.setPlace(slot, partition, offset);
      counts.orders++;
    },

    decision(partition, offset, orderId, success) {
      counts.decisions++;
      counts[success ? "reserved" : "failed"]++;
      const slot = table.slotOf(orderId);
      const seen = table.seen(slot);
      table.mark(slot, Seen.decision);
      if ((seen & Seen.decision) !== 0) {
        faults.duplicated++;
        example("duplicated", `${orderId}, again in partition ${partition} at offset ${offset}`);
      } else if ((seen & Seen.order) === 0) {
        faults.withoutOrder++;
        example("without an order", `${orderId} in partition ${partition} at offset ${offset}`);
      } else checkOrder(slot, partition, offset);
    },

    unreadable(topic, partition, offset) {
      unreadable.set(`${topic}/${partition}/${offset}`, { topic, partition, offset, set: false });
    },

    letter({ topic, partition, offset, group: by }, orderId) {
      counts.letters++;
      const place = `${topic}/${partition}/${offset}`;
      if (letters.has(`${place}/${by}`)) {
        counts.twice++;
        example("set aside twice", `${place} by ${by}`);
      }
      letters.add(`${place}/${by}`);
      const refused = unreadable.get(place);
      if (refused !== undefined) refused.set = true;
      const slot = orderId === undefined || by !== group ? -1 : table.lookUp(orderId);
      if (slot >= 0) table.mark(slot, Seen.letter);
    },

    has(orderId) {
      const slot = table.lookUp(orderId);
      return slot >= 0 && (table.seen(slot) & Seen.order) !== 0;
    },

    isDecided(orderId) {
      const slot = table.lookUp(orderId);
      return slot >= 0 && (table.seen(slot) & Seen.decision) !== 0;
    },

    findings(progress) {
      const { missing, pending } = undecided(progress);
      const aborted = abortedSeen(progress.after);
      let notSetAside = 0;
      for (const [place, { topic, partition, offset, set }] of unreadable) {
        const passed = progress.settled || offset < (progress.before.get(partition) ?? 0);
        if (set || topic !== ordersTopic || !passed) continue;
        notSetAside++;
        example("not set aside", place);
      }
      const { letters: deadLetters, twice: deadLettersTwice, ...rest } = counts;
      return {
        ...rest,
        missing,
        pending,
        ...faults,
        abortedSeen: aborted,
        unreadable: unreadable.size,
        deadLetters,
        notSetAside,
        deadLettersTwice,
        examples: [...examples],
      };
    },
  };
}

/** The counts that must be 0, with their values. */
export function faultsOf(findings: Findings): Readonly<Record<string, number>> {
  const { missing, duplicated, outOfOrder, withoutOrder, abortedSeen, notSetAside, deadLettersTwice } =
    findings;
  return {
    missing,
    duplicated,
    outOfOrder,
    withoutOrder,
    abortedSeen: abortedSeen ?? 0,
    notSetAside,
    deadLettersTwice,
  };
}
