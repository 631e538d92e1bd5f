/** What the inventory tells Prometheus, besides what every process does. */
import { Counter, type Registry } from "@campus/service";

export interface Counters {
  decided(count: { readonly reserved: number; readonly failed: number }): void;
  setAside(count: number): void;
  publishRetried(): void;
}

export function createCounters(registry: Registry): Counters {
  const registers = [registry];
  const decisions = new Counter({
    name: "inventory_decisions_total",
    help: "Orders decided, by outcome; an order that is decided again counts again.",
    labelNames: ["outcome"],
    registers,
  });
  const deadLetters = new Counter({
    name: "inventory_dead_letters_total",
    help: "Events set aside because they can't be read.",
    registers,
  });
  const retries = new Counter({
    name: "inventory_publish_retries_total",
    help: "Attempts to publish decisions that had to be repeated.",
    registers,
  });
  return {
    decided({ reserved, failed }) {
      decisions.inc({ outcome: "reserved" }, reserved);
      decisions.inc({ outcome: "failed" }, failed);
    },
    setAside: (count) => deadLetters.inc(count),
    publishRetried: () => retries.inc(),
  };
}
