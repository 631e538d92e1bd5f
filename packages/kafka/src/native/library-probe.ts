/** Asks a library for its version without opening it here, by a short-lived process that does. About 15 ms. */
import { join } from "node:path";

/** The library's version number and the shared libraries it needs, or why it can't be opened. */
export type ProbedLibrary =
  | { readonly version: number; readonly dependencies: readonly string[] }
  | { readonly failure: string };

export function probeLibrary(path: string): ProbedLibrary {
  const probe = Bun.spawnSync(bunScript("probe.ts", path), {
    ...bunScriptOptions(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (probe.exitCode === 0) return JSON.parse(probe.stdout.toString());
  const end = probe.signalCode ?? `exit code ${probe.exitCode}`;
  return { failure: `opening it ended a process with ${end}: ${probe.stderr.toString().trim()}` };
}

/** The command that runs a script of this folder with the Bun that runs us. */
export function bunScript(name: string, ...args: string[]): string[] {
  return [process.execPath, join(import.meta.dir, name), ...args];
}

/**
 * Started here, a script reads no `bunfig.toml` and no `.env` of the program that uses this package; and a program compiled with
 * `bun build --compile` behaves as Bun instead of starting itself again.
 */
export function bunScriptOptions(environment: NodeJS.ProcessEnv = process.env) {
  return { cwd: import.meta.dir, env: { ...environment, BUN_BE_BUN: "1" } };
}
