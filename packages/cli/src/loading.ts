/**
 * Orders at a fixed rate, whatever the system makes of them (an open loop): each request has a time at which it is due, and its latency counts
 * from then on, so that those which a slow answer held up are in the figures with all of their wait. A closed loop leaves them out (coordinated
 * omission: it asks less where the answers are slow).
 */
import { build, type Histogram } from "hdr-histogram-js";
import { pause } from "./interruption.ts";
import { numberedOrder, type PostOptions, postOrders } from "./order-post.ts";

export interface LoadOptions extends PostOptions {
  /** Orders a second. */
  readonly rate: number;
  readonly durationMs: number;
  /** Orders a request. */
  readonly batch: number;
  /** Requests in flight at most. One that is due beyond that waits, and its wait counts. */
  readonly connections: number;
  readonly interrupted: AbortSignal;
  /** Told of the orders of each request that was accepted. */
  readonly onAccepted?: (ids: readonly string[]) => void;
  /** Told about every second. */
  readonly onSecond?: (far: LoadFigures) => void;
}

/** Why orders were not accepted, and how many. */
export interface Failure {
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  readonly reason: string;
  orders: number;
}

export interface LoadFigures {
  /** Orders that were due. */
  readonly due: number;
  readonly accepted: number;
  readonly failures: readonly Failure[];
  /** Requests in flight. */
  readonly inFlight: number;
  /** From the first order's time to the last answer. */
  readonly elapsedMs: number;
  /** Processor time of this process, of a core. Near 1, the latencies are also its own. */
  readonly busy: number;
  /** Of requests that were accepted, in microseconds from when they were due. */
  readonly latency: Histogram;
}

/** How long what is due may still wait for a free connection once the time is over. */
const PATIENCE_MS = 5_000;
const TICK_MS = 1;
/** An hour. */
const HIGHEST_LATENCY_US = 3_600_000_000;

/** Resolves when everything that was due has been answered, or was given up. Never rejects for an order's sake. */
export async function generateLoad(options: LoadOptions): Promise<LoadFigures> {
  const { rate, durationMs, batch, connections, interrupted, onAccepted, onSecond } = options;
  const intervalMs = (1_000 * batch) / rate;
  const requests = Math.max(1, Math.round(durationMs / intervalMs));
  const latency = build({ highestTrackableValue: HIGHEST_LATENCY_US, numberOfSignificantValueDigits: 3 });
  const failures = new Map<string, Failure>();
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const inFlight = new Set<Promise<void>>();
  let [sent, accepted, saidAt] = [0, 0, startedAt];

  function dueNow(): number {
    const passed = Math.floor((performance.now() - startedAt) / intervalMs) + 1;
    return Math.min(requests, passed);
  }

  function fail(orders: number, status: number | undefined, reason: string): void {
    const kind = `${status} ${reason}`;
    const known = failures.get(kind);
    if (known) known.orders += orders;
    else failures.set(kind, { status, reason, orders });
  }

  async function send(index: number): Promise<void> {
    const orders = Array.from({ length: batch }, (_, i) => numberedOrder(index * batch + i));
    const { ids, status, reason } = await postOrders(orders, options);
    const tookMs = performance.now() - (startedAt + index * intervalMs);
    if (ids === undefined) return fail(batch, status, reason);
    accepted += ids.length;
    onAccepted?.(ids);
    latency.recordValue(Math.min(HIGHEST_LATENCY_US, Math.max(1, Math.round(1_000 * tookMs))));
  }

  function sendDue(): void {
    while (sent < dueNow() && inFlight.size < connections) {
      const request = send(sent++).then(() => {
        inFlight.delete(request);
        if (!interrupted.aborted) sendDue();
      });
      inFlight.add(request);
    }
  }

  function figures(): LoadFigures {
    const elapsedMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      due: dueNow() * batch,
      accepted,
      failures: [...failures.values()].sort((a, b) => b.orders - a.orders),
      inFlight: inFlight.size,
      elapsedMs,
      busy: (user + system) / 1_000 / elapsedMs,
      latency,
    };
  }

  const lastMs = requests * intervalMs + PATIENCE_MS;
  while (sent < requests && performance.now() - startedAt < lastMs && !interrupted.aborted) {
    sendDue();
    if (performance.now() - saidAt >= 1_000) {
      saidAt += 1_000;
      onSecond?.(figures());
    }
    await pause(TICK_MS, interrupted);
  }
  const unsent = dueNow() - sent;
  await Promise.all(inFlight);
  if (unsent > 0 && !interrupted.aborted) {
    fail(unsent * batch, undefined, `not sent: all ${connections} connections were busy to the end`);
  }
  return { ...figures(), due: (interrupted.aborted ? sent : requests) * batch };
}
