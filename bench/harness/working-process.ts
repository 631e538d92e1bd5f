/** A program that works until it is told to end: started, watched from outside, ended in order. */
import { type Usage, usageOf } from "./process-usage.ts";
import { profiled, watchThreads } from "./profile.ts";
import { RunFailed } from "./subject-process.ts";
import { tellingLine } from "./telling-line.ts";

const stopTimeoutMs = 15_000;

export interface WorkingProcess {
  readonly startedAtMs: number;
  /** Rejects with `RunFailed` when it ends before it is told to. */
  readonly ended: Promise<never>;
  usage(): Usage;
  /** SIGTERM, and SIGKILL if it does not obey. Resolves once it has ended. */
  stop(): Promise<void>;
}

export interface WorkingProgram {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export function startProgram(
  { command, environment, cwd }: WorkingProgram,
  signal: AbortSignal,
): WorkingProcess {
  const startedAtMs = performance.now();
  const child = Bun.spawn(profiled(command), {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  watchThreads(command, child);
  const said = Promise.all([child.stdout.text(), child.stderr.text()]);
  const ended = (async (): Promise<never> => {
    const code = await child.exited;
    const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with exit code ${code}`;
    throw new RunFailed(`${how} while it should work: ${tellingLine((await said).join("\n"))}`);
  })();
  ended.catch(() => undefined); // after `stop` nobody waits for it
  return {
    startedAtMs,
    ended,
    usage: () => usageOf(child.pid),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await child.exited;
      clearTimeout(timer);
    },
  };
}
