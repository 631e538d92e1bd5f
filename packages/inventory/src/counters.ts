/** What the inventory tells Prometheus, besides what every process does. */
import { Counter, Histogram, type Registry } from "@campus/service";
import type { Parcel } from "./parcel.ts";

export interface Counters {
  /** A parcel is in Kafka, offset and all. */
  delivered(parcel: Parcel): void;
  transactionEnded(outcome: "committed" | "aborted"): void;
  publishRetried(): void;
}

export function createCounters(registry: Registry): Counters {
  const registers = [registry];
  const decisions = new Counter({
    name: "inventory_decisions_total",
    help: "Orders decided and committed, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const repeated = new Counter({
    name: "inventory_duplicates_suppressed_total",
    help: "Orders that came again and were not decided again.",
    registers,
  });
  const deadLetters = new Counter({
    name: "inventory_dead_letters_total",
    help: "Events set aside because they can't be read or decided.",
    registers,
  });
  const transactions = new Counter({
    name: "inventory_transactions_total",
    help: "Kafka transactions, by how they ended; an aborted one is done again.",
    labelNames: ["outcome"],
    registers,
  });
  const retries = new Counter({
    name: "inventory_publish_retries_total",
    help: "Attempts to publish decisions outside a transaction that had to be repeated.",
    registers,
  });
  const sizes = new Histogram({
    name: "inventory_batch_records",
    help: "Records decided, published and committed together.",
    buckets: [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000],
    registers,
  });
  return {
    delivered({ records, decisions: { reserved, failed, letters, ...parcel } }) {
      decisions.inc({ outcome: "reserved" }, reserved);
      decisions.inc({ outcome: "failed" }, failed);
      repeated.inc(parcel.repeated);
      deadLetters.inc(letters.length);
      if (records > 0) sizes.observe(records);
    },
    transactionEnded: (outcome) => transactions.inc({ outcome }),
    publishRetried: () => retries.inc(),
  };
}
