/**
 * How a run tells a service's program to do something at an exact point of its work: by a file named after the process. The program looks for it when it comes
 * to that point, takes it away, and does what it says.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The folder with these files, for the programs' environment. */
export const TRIGGER_FOLDER = "CHAOS_TRIGGERS";

export function triggerFile(folder: string, action: string, pid: number): string {
  return join(folder, `${action}-${pid}`);
}

/** Whether this process was told to, once. */
export function isTriggered(action: string): boolean {
  const folder = process.env[TRIGGER_FOLDER];
  if (folder === undefined) return false;
  const file = triggerFile(folder, action, process.pid);
  if (!existsSync(file)) return false;
  rmSync(file);
  return true;
}

/** Holds this thread; those of librdkafka go on and send what they have been given. */
export function holdThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
