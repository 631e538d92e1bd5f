/**
 * What analytics tells Prometheus, besides what every process does. `analytics_counts` is an instance's own share: summed over the instances it is
 * `analytics_totals`, which every instance tells and which is what the metrics file says.
 */
import { Counter, Gauge, type Registry } from "@campus/service";
import type { Checkpoint } from "./checkpoint-store.ts";
import type { Totals } from "./metrics.ts";

export interface Counters {
  counted(topic: string, events: number): void;
  setAside(count: number): void;
}

export interface CountersOptions {
  readonly registry: Registry;
  /** What this instance holds. */
  readonly checkpoints: () => readonly Checkpoint[];
  /** Over all instances; rejects while Kafka can't tell. */
  readonly totals: () => Promise<Totals>;
}

export function createCounters({ registry, checkpoints, totals }: CountersOptions): Counters {
  const registers = [registry];
  const events = new Counter({
    name: "analytics_events_total",
    help: "Events counted by this process, by topic; what is read again after a crash counts again here.",
    labelNames: ["topic"],
    registers,
  });
  const deadLetters = new Counter({
    name: "analytics_dead_letters_total",
    help: "Events put into dead-letter topics because they can't be read.",
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
  new Gauge({
    name: "analytics_totals",
    help: "What all partitions come to, whoever holds them: orders, reserved, failed.",
    labelNames: ["kind"],
    registers,
    async collect() {
      // A figure that can't be had is left out.
      this.reset();
      const all = await totals().catch(() => undefined);
      if (all === undefined) return;
      for (const kind of ["orders", "reserved", "failed"] as const) this.set({ kind }, all[kind]);
    },
  });
  return {
    counted: (topic, count) => events.inc({ topic }, count),
    setAside: (count) => deadLetters.inc(count),
  };
}
