/** `orders`, the operator's command, as its users run it: a process a call. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neutralEnvironment } from "./service-process.ts";

const MAIN = join(import.meta.dir, "../../packages/cli/src/main.ts");

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs, and leaves the files it writes. */
  readonly folder?: string;
}

/** With an environment of its own: nothing says where Kafka is but the test. */
export function spawnOrders(
  args: readonly string[],
  { environment = {}, folder = tmpdir() }: Surroundings = {},
) {
  return Bun.spawn([process.execPath, MAIN, ...args], {
    env: { ...neutralEnvironment(), ...environment },
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs it to its end. */
export async function runOrders(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  const startedAt = performance.now();
  const child = spawnOrders(args, surroundings);
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr, elapsedMs: performance.now() - startedAt };
}
