/**
 * Runs a system as child processes: starts them, passes their lines on, and ends all when one ends or when asked, the last
 * started first and each only after the one before it is gone. Knows nothing of Kafka or of what the children do.
 *
 * Each child leads its own session, so that Ctrl-C in the terminal reaches the supervisor alone and the order is kept. Its
 * standard input is a pipe that ends with the supervisor, whatever ends that: see lifeline.ts.
 */
import { constants } from "node:os";
import { readLines } from "./lines.ts";

export interface ChildOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Resolves when the child does its work; the signal fires when it never will (it ended, or all is to end). */
  readonly ready?: (signal: AbortSignal) => Promise<void>;
  /** What the child sends with `process.send`. */
  readonly onMessage?: (message: unknown) => void;
}

export interface SupervisorOptions {
  /** A line of a child's output. */
  readonly onLine: (name: string, line: string, stream: "stdout" | "stderr") => void;
  /** What the supervisor itself has to say, a sentence. */
  readonly onNotice: (notice: string) => void;
  /** How long a child may take to end when asked, before it is killed. */
  readonly stopTimeoutMs: number;
}

export interface Supervisor {
  /** Starts a child and resolves when it is ready; rejects with `StoppedError` when all is ending instead. */
  start(options: ChildOptions): Promise<void>;
  /** Ends all children in reverse order of their start. `outcome` resolves to the code when the last is gone. */
  stop(exitCode: number): void;
  /** Kills what is left, at once. */
  kill(): void;
  /** The exit code for the whole: as given to `stop`, or that of the first child that ended unasked. */
  readonly outcome: Promise<number>;
}

/** The system is ending, so this child will not get ready. Why was said when it began to end. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

interface Child {
  readonly name: string;
  readonly process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  /** Fires when this child has ended or all is to end. */
  readonly ending: AbortController;
  /** Resolves when the process is gone and its last line was passed on. */
  readonly gone: Promise<void>;
}

export function createSupervisor({ onLine, onNotice, stopTimeoutMs }: SupervisorOptions): Supervisor {
  const children: Child[] = [];
  const outcome = Promise.withResolvers<number>();
  let stopping = false;

  function spawn({ name, command, environment, onMessage }: ChildOptions): Child {
    const process = Bun.spawn([...command], {
      env: { ...environment },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
      ...(onMessage === undefined ? {} : { ipc: (message: unknown) => onMessage(message) }),
    });
    const output = Promise.all([
      readLines(process.stdout, (line) => onLine(name, line, "stdout")),
      readLines(process.stderr, (line) => onLine(name, line, "stderr")),
    ]);
    const ending = new AbortController();
    const gone = process.exited.then(async () => {
      ending.abort(new StoppedError(`${name} has ended`));
      // A grandchild may have inherited the pipes and hold them open: its words are not waited for.
      await Promise.race([output, Bun.sleep(LAST_LINES_MS)]);
    });
    return { name, process, ending, gone };
  }

  /** Ends a child; false when it had to be killed or says that it did not end well. */
  async function end(child: Child): Promise<boolean> {
    const { name, process } = child;
    process.kill("SIGTERM");
    const timer = setTimeout(() => {
      onNotice(`${name} has not ended within ${stopTimeoutMs / 1000} s, killing it`);
      process.kill("SIGKILL");
    }, stopTimeoutMs);
    await child.gone;
    clearTimeout(timer);
    // By the signal itself: it had only just started and had nothing to drain yet.
    return process.exitCode === 0 || process.signalCode === "SIGTERM";
  }

  async function endAll(exitCode: number): Promise<void> {
    for (const child of children) child.ending.abort(new StoppedError("the system is ending"));
    let code = exitCode;
    for (const child of children.toReversed()) {
      const wasAlive = child.process.exitCode === null && child.process.signalCode === null;
      const endedWell = await end(child);
      if (endedWell || !wasAlive) continue;
      onNotice(`${child.name} ${howItEnded(child.process)}`);
      code ||= 1;
    }
    outcome.resolve(code);
  }

  function stop(exitCode: number): void {
    if (stopping) return;
    stopping = true;
    void endAll(exitCode);
  }

  return {
    async start(options) {
      if (stopping) throw new StoppedError("the system is ending");
      const child = spawn(options);
      children.push(child);
      void child.gone.then(() => {
        if (stopping) return;
        onNotice(`${child.name} ${howItEnded(child.process)}`);
        stop(exitCodeOf(child.process));
      });
      const { signal } = child.ending;
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
      await Promise.race([options.ready?.(signal), aborted.promise]);
    },
    stop,
    kill() {
      for (const child of children) child.process.kill("SIGKILL");
    },
    outcome: outcome.promise,
  };
}

/** How long the rest of a dead child's output is waited for. */
const LAST_LINES_MS = 500;

function howItEnded({ exitCode, signalCode }: Bun.Subprocess): string {
  return signalCode === null ? `exited with code ${exitCode}` : `was killed by ${signalCode}`;
}

/** As a shell counts it; a child that ended by itself without an error is an error for the system. */
function exitCodeOf({ exitCode, signalCode }: Bun.Subprocess): number {
  if (signalCode !== null) return 128 + (constants.signals[signalCode as NodeJS.Signals] ?? 0);
  return exitCode === null || exitCode === 0 ? 1 : exitCode;
}
