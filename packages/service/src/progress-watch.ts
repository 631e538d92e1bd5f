/**
 * Ready means progress. A consumer can be a member in good standing, its heartbeats on time, and still get nothing done; so its readiness is taken
 * away when a partition has records to go and has not moved for a while, with the reason, and given back when it moves again.
 */
import type { Logger } from "./log.ts";
import type { Readiness } from "./readiness.ts";

/** How far something is that should be moving: a partition. */
export interface Progress {
  /** For people, and the same at every look: `order-events/1`. */
  readonly name: string;
  /** Any number that changes with every step. */
  readonly position: number;
  /** How much there is still to do. */
  readonly lag: number;
  /** What may be the reason if it does not move. */
  readonly trouble?: string | undefined;
}

export interface ProgressWatchOptions {
  readonly readiness: Readiness;
  readonly log: Logger;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** How long something may stand still with work to do. */
  readonly stallTimeoutMs: number;
  /** Asks how far everything is; rejects when that can't be said. */
  readonly look: () => Promise<readonly Progress[]>;
}

const REASON = "progress";

/** Starts watching. Looks ten times in `stallTimeoutMs`, at least every 5 s. */
export function watchProgress({ readiness, log, signal, stallTimeoutMs, look }: ProgressWatchOptions): void {
  const movedAt = new Map<string, { position: number; atMs: number }>();
  let stalls: string[] = [];
  let answeredAtMs = performance.now();
  let trouble = "it does not answer";
  let isLooking = false;
  let isBlocked = false;

  /** A look may take as long as Kafka takes to answer; nothing waits for it. */
  async function lookAgain(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const all = await look();
      answeredAtMs = performance.now();
      const names = new Set(all.map(({ name }) => name));
      for (const name of movedAt.keys()) if (!names.has(name)) movedAt.delete(name);
      stalls = all.flatMap((progress) => stall(progress) ?? []);
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    } finally {
      isLooking = false;
    }
  }

  function stall({ name, position, lag, trouble }: Progress): string | undefined {
    const now = performance.now();
    const last = movedAt.get(name);
    if (last === undefined || last.position !== position || lag === 0) {
      movedAt.set(name, { position, atMs: now });
      return undefined;
    }
    if (now - last.atMs < stallTimeoutMs) return undefined;
    const why = trouble === undefined ? "" : `, the last error: ${trouble}`;
    return `${name} has stood at ${position} for ${seconds(now - last.atMs)} with ${lag} to go${why}`;
  }

  function judge(): void {
    const silentMs = performance.now() - answeredAtMs;
    const reason =
      silentMs >= stallTimeoutMs
        ? `Kafka has not said for ${seconds(silentMs)} how much there is to do: ${trouble}`
        : stalls.join("; ");
    if (reason !== "") {
      readiness.block(REASON, reason);
      if (!isBlocked) log.error("not ready: {reason}", { reason });
    } else if (isBlocked) {
      readiness.clear(REASON);
      log.info("ready again: everything moves");
    }
    isBlocked = reason !== "";
  }

  const timer = setInterval(
    () => {
      judge();
      void lookAgain().then(() => signal.aborted || judge());
    },
    Math.min(5_000, stallTimeoutMs / 10),
  );
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
