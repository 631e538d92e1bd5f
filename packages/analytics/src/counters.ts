/**
 * What analytics tells Prometheus, besides what every process does. The totals are an instance's own share: summed over
 * the instances they are those of the metrics file.
 */
import { Counter, Gauge, type Registry } from "@campus/service";
import type { Checkpoint } from "./checkpoint-store.ts";

export interface Counters {
  counted(topic: string, events: number): void;
  setAside(count: number): void;
}

export function createCounters(registry: Registry, checkpoints: () => readonly Checkpoint[]): Counters {
  const registers = [registry];
  const events = new Counter({
    name: "analytics_events_total",
    help: "Events counted by this process, by topic; what is read again after a crash counts again here.",
    labelNames: ["topic"],
    registers,
  });
  const deadLetters = new Counter({
    name: "analytics_dead_letters_total",
    help: "Events set aside because they can't be read.",
    registers,
  });
  new Gauge({
    name: "analytics_counts",
    help: "What the partitions held by this instance come to: orders, reserved, failed.",
    labelNames: ["kind"],
    registers,
    collect() {
      let [orders, reserved, failed] = [0, 0, 0];
      for (const { counts } of checkpoints()) {
        orders += counts.orders;
        reserved += counts.reserved;
        failed += counts.failed;
      }
      this.set({ kind: "orders" }, orders);
      this.set({ kind: "reserved" }, reserved);
      this.set({ kind: "failed" }, failed);
    },
  });
  return {
    counted: (topic, count) => events.inc({ topic }, count),
    setAside: (count) => deadLetters.inc(count),
  };
}
