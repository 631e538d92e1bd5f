/**
 * Starts programs that can't outlive this process, even if this process is killed with SIGKILL and gets to run no code.
 *
 * Between this process and the program stands a small `sh` (guard.sh). It waits for the program, and its watcher waits
 * for the end of a pipe that only this process holds: the kernel closes that when this process is gone. Then the program
 * is ended: SIGTERM and `graceSeconds` to obey it, then SIGKILL, and the folder `removeAfter` is deleted. POSIX sh and a
 * pipe, nothing else, so it is the same on Linux, Alpine and macOS.
 */
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import type { Environment } from "./java.ts";

/** Keeps the pipes of running programs open: they must not end because the garbage collector came by. */
const running = new Set<Bun.Subprocess>();

const GUARD = fileURLToPath(new URL("./guard.sh", import.meta.url));

export interface GuardOptions {
  /** Where the program's stdout and stderr are appended. */
  logFile: string;
  /** How long the program may take to end by itself after this process died; 0 kills it at once. */
  graceSeconds?: number;
  /** A folder that is deleted after this process died, and its parent if that is empty then. */
  removeAfter?: string;
  cwd?: string;
  env?: Environment;
}

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedProcess {
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  /** Set once the process has ended. */
  readonly exit: ProcessExit | undefined;
  /** Does nothing once the process has ended: its pid may be someone else's by then. */
  signal(signal: NodeJS.Signals): void;
}

/** Starts `command` (program and arguments) in the background; it has no stdin. */
export async function spawnGuarded(
  command: readonly string[],
  options: GuardOptions,
): Promise<GuardedProcess> {
  const { logFile, graceSeconds = 0, removeAfter = "", cwd, env } = options;
  const child = Bun.spawn(
    ["/bin/sh", GUARD, logFile, "/dev/null", String(graceSeconds), removeAfter, ...command],
    { stdin: "pipe", stdout: "pipe", stderr: "ignore", ...(cwd && { cwd }), ...(env && { env }) },
  );
  running.add(child);
  let exit: ProcessExit | undefined;
  const exited = child.exited.then((status) => {
    running.delete(child);
    exit = exitOf(status, child.signalCode);
    return exit;
  });
  const pid = Number(await firstLine(child.stdout));
  if (!Number.isInteger(pid) || pid <= 1) throw new Error(`${GUARD} did not start ${command[0]}`);
  return {
    pid,
    exited,
    get exit() {
      return exit;
    },
    signal: (signal) => {
      if (!exit) sendSignal(pid, signal);
    },
  };
}

export interface RunOptions {
  /** A file the program reads as its stdin; nothing by default. */
  inputFile?: string;
  /** After this it is killed, and `exit` is undefined. */
  timeoutMs: number;
}

/** Runs `command` to its end and returns what it printed. */
export async function runGuarded(
  command: readonly string[],
  { inputFile = "/dev/null", timeoutMs }: RunOptions,
): Promise<{ exit: ProcessExit | undefined; stdout: string; stderr: string }> {
  const child = Bun.spawn(["/bin/sh", GUARD, "", inputFile, "0", "", ...command], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void child.stdin.end(); // to the watcher the same as the death of this process
  }, timeoutMs);
  const [stdout, stderr, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  clearTimeout(timer);
  return { stdout, stderr, exit: late ? undefined : exitOf(status, child.signalCode) };
}

/** How the process ended, as a clause: "was killed by SIGKILL", "ended with exit code 1". */
export function describeExit({ code, signal }: ProcessExit): string {
  return signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
}

/** The shell passes on a signal as 128 and its number. */
function exitOf(status: number, ownSignal: string | number | null): ProcessExit {
  const number = status > 128 && ownSignal === null ? status - 128 : undefined;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return signal ? { code: null, signal: signal as NodeJS.Signals } : { code: status, signal: null };
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error; // it ended a moment ago
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.split("\n", 1)[0]!;
}
