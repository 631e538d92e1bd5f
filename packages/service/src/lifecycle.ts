/**
 * The end of a process, in order. A first SIGTERM or SIGINT begins the drain: what was set up last is taken down first,
 * all within one deadline, and the exit code is 0. A failure drains as well and exits with 1. A second signal means that
 * somebody does not want to wait.
 *
 * | exit code | meaning |
 * |---|---|
 * | 0 | drained after a signal |
 * | 1 | could not go on, or did not drain in full |
 * | 2 | bad settings |
 * | 128 + n | a second signal of number n: 130 for SIGINT, 143 for SIGTERM |
 */
import type { Logger } from "./log.ts";

export const EXIT_CODE = Object.freeze({ drained: 0, failed: 1, badSettings: 2 });

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNAL_NUMBERS;

/** One thing to take down, given how many milliseconds are left for it and those after it. */
export type DrainStep = (remainingMs: number) => Promise<void> | void;

export interface Lifecycle {
  /** Aborted when the drain begins. */
  readonly signal: AbortSignal;
  /** Adds a step to the drain. Steps run one after the other, the last one added first, as `using` does. */
  onDrain(name: string, step: DrainStep): void;
  /** Ends the process in order, as a signal does. */
  drain(reason: string): Promise<void>;
  /**
   * Ends the process because it can't go on: says why in one line, drains, exits with 1. Never rejects. The reason of
   * `signal` is no failure: with it ends what was still waiting when the drain began.
   */
  fail(error: unknown): Promise<void>;
  /** Takes the signal handlers off again. */
  release(): void;
}

export interface LifecycleOptions {
  log: Logger;
  /** For the whole drain, in milliseconds. */
  deadlineMs?: number;
  /**
   * A second signal this soon is the same Ctrl-C again, in milliseconds: a terminal sends it to every process of its
   * group, and a parent passes it on.
   */
  repeatMs?: number;
  exit?: (code: number) => void;
  /** Where signals and uncaught errors come from. */
  source?: Pick<NodeJS.Process, "on" | "off">;
}

export function createLifecycle({
  log,
  deadlineMs = 10_000,
  repeatMs = 500,
  exit = process.exit,
  source = process,
}: LifecycleOptions): Lifecycle {
  const steps: { name: string; step: DrainStep }[] = [];
  const aborter = new AbortController();
  let exitCode: number = EXIT_CODE.drained;
  let drained: Promise<void> | undefined;
  let signalledAt: number | undefined;

  async function takeDown(deadline: number): Promise<void> {
    for (let entry = steps.pop(); entry !== undefined; entry = steps.pop()) {
      const remainingMs = Math.max(0, deadline - performance.now());
      try {
        if (await inTime(entry.step(remainingMs), remainingMs)) continue;
        log.error("drain took longer than {deadlineMs} ms, given up at: {step}", {
          deadlineMs,
          step: entry.name,
        });
        exitCode = EXIT_CODE.failed;
        break;
      } catch (error) {
        log.error("drain step failed: {step}: {error}", { step: entry.name, error });
        exitCode = EXIT_CODE.failed;
      }
    }
    exit(exitCode);
  }

  function drain(reason: string): Promise<void> {
    if (drained === undefined) {
      log.info("draining: {reason}", { reason });
      const deadline = performance.now() + deadlineMs;
      // Set before anybody else runs: whoever hears of the abort, and every step, may come back here at once.
      drained = Promise.resolve().then(() => takeDown(deadline));
      aborter.abort(new DOMException(`The process is ending: ${reason}.`, "AbortError"));
    }
    return drained;
  }

  function fail(error: unknown): Promise<void> {
    if (aborter.signal.aborted && error === aborter.signal.reason) return drain("as begun");
    exitCode = EXIT_CODE.failed;
    log.fatal("{error}", { error });
    if (error instanceof Error) log.debug("{stack}", { stack: error.stack ?? "no stack" });
    return drain("it can't go on");
  }

  function onSignal(signal: Signal): void {
    const now = performance.now();
    if (signalledAt === undefined) {
      signalledAt = now;
      void drain(signal);
    } else if (now - signalledAt >= repeatMs) {
      log.warn("a second {signal}: not waiting for the drain", { signal });
      exit(128 + SIGNAL_NUMBERS[signal]);
    }
  }

  const onError = (error: unknown) => void fail(error);
  const handlers = Object.entries({
    SIGINT: onSignal,
    SIGTERM: onSignal,
    uncaughtException: onError,
    unhandledRejection: onError,
  }) as [Signal, (value: Signal) => void][];
  for (const [event, handler] of handlers) source.on(event, handler);

  return {
    signal: aborter.signal,
    onDrain: (name, step) => void steps.push({ name, step }),
    drain,
    fail,
    release() {
      for (const [event, handler] of handlers) source.off(event, handler);
    },
  };
}

/** Whether the work was done within the time. */
async function inTime(work: Promise<void> | void, remainingMs: number): Promise<boolean> {
  let timer: Timer | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), remainingMs);
  });
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
