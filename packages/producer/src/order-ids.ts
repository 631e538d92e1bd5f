/**
 * Ids of orders that come alone. An order's id is its record's key, and the key decides the partition; so all ids of a millisecond are chosen to lie in
 * one partition, and then another has its turn. Orders that come in together go to Kafka in one batch instead of a small one for each partition, which
 * spares both sides requests: it is what Java's sticky partitioner (KIP-480) does for records without a key. Every partition gets the same number of
 * turns, and a key still lies where any client would look for it.
 *
 * An id that lies elsewhere is kept for its partition's turn. So ids are as random as they were, and hardly more of them are made.
 */
import { partitionOfKey } from "@campus/kafka";

export interface OrderIds {
  /** A new id, a UUID of version 4. */
  next(): string;
  /** Says how many partitions the topic has. Until then, and should it have got more since, ids are good but not chosen well. */
  spreadOver(partitions: number): void;
}

export interface OrderIdsOptions {
  /** A new UUID each time. */
  newId?: () => string;
  /** Calls back when a turn is over. */
  afterTurn?: (end: () => void) => void;
}

/** A partition's turn, in milliseconds. Longer where the event loop is busy: what it handles in one go goes to one partition. */
const TURN_MS = 1;
/** An id more has to be made for each partition until one fits: of many partitions, several have their turn at once. */
const TRIES_MAX = 8;
/** Most ids kept for later. Few: memory is slower to get where long-lived texts lie among short-lived ones. */
const KEPT_MAX = 1500;

export function createOrderIds({
  newId = crypto.randomUUID.bind(crypto),
  afterTurn = (end) => void setTimeout(end, TURN_MS),
}: OrderIdsOptions = {}): OrderIds {
  let partitions = 1;
  /** By partition: ids that came while it was another's turn. */
  let kept: string[][] = [[]];
  /** Partitions that have their turn at once, and the first of them. */
  let width = 1;
  let first = 0;
  let isTurn = false;
  let count = 0;

  function begin(): void {
    first = (first + width) % partitions;
    isTurn = true;
    afterTurn(() => {
      isTurn = false;
    });
  }

  return {
    next() {
      if (partitions === 1) return newId();
      if (!isTurn) begin();
      const known = (kept[(first + (count++ % width)) % partitions] as string[]).pop();
      if (known !== undefined) return known;
      for (;;) {
        const id = newId();
        const partition = partitionOfKey(id, partitions);
        if ((partition - first + partitions) % partitions < width) return id;
        const others = kept[partition] as string[];
        if (others.length * partitions < KEPT_MAX) others.push(id);
      }
    },
    spreadOver(counted) {
      partitions = counted;
      width = Math.ceil(counted / TRIES_MAX);
      // Processes beside each other do not all begin with the same partition.
      first = Math.floor(Math.random() * counted);
      kept = Array.from({ length: counted }, () => []);
    },
  };
}
