/** Waiting for a service, by asking its management port. */
import { setTimeout as delay } from "node:timers/promises";

export interface ReadinessOptions {
  /** The service's `/ready`. */
  readonly url: string;
  /** Ends the waiting: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Told why not, now and then. */
  readonly onWaiting: (reason: string) => void;
  readonly pauseMs?: number;
  /** Pause between two calls of `onWaiting`. */
  readonly noticeMs?: number;
}

/** Resolves when the service says that it is ready. */
export async function untilReady({
  url,
  signal,
  onWaiting,
  pauseMs = 100,
  noticeMs = 10_000,
}: ReadinessOptions): Promise<void> {
  let saidAt = performance.now();
  for (;;) {
    const reason = await whyNotReady(url, signal);
    signal.throwIfAborted();
    if (reason === undefined) return;
    if (performance.now() - saidAt >= noticeMs) {
      saidAt = performance.now();
      onWaiting(reason);
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function whyNotReady(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) });
    if (response.ok) return undefined;
    const { reasons } = (await response.json()) as { reasons?: Record<string, string> };
    return Object.values(reasons ?? {}).join("; ") || `it answers ${response.status}`;
  } catch {
    return "it does not answer yet";
  }
}
