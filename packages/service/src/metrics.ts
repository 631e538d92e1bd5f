/**
 * The Prometheus metrics of a process. prom-client's own default set is made for Node: on Bun half of it is zero or
 * wrong, and its event-loop histogram wakes an idle process a hundred times a second. These are the ones that hold,
 * under the names operators know; they cost nothing until somebody asks.
 */
import { Gauge, Registry } from "prom-client";

export { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** A registry with the process's own metrics; a service adds its own with `registers: [registry]`. */
export function createMetrics(): Registry {
  const registers = [new Registry()] as [Registry];
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970.",
    registers,
  }).set(startedAtSeconds);
  new Gauge({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, user and system, in seconds.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the process that is in RAM, in bytes.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_heap_used_bytes",
    help: "JavaScript heap in use, in bytes.",
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
  new Gauge({
    name: "process_event_loop_lag_seconds",
    help: "How long work had to wait for the event loop just now, in seconds.",
    registers,
    async collect() {
      const from = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      this.set((performance.now() - from) / 1000);
    },
  });
  return registers[0];
}
