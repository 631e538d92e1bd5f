/**
 * Stops an inventory instance in the middle of its work until another has taken its partitions over, and lets it go on: a zombie. It is stopped at a moment
 * that chance decides, or at an exact point of a transaction (programs/stopping-inventory.ts).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until.ts";
import type { Instance } from "./instance.ts";
import { TRIGGER_FOLDER, triggerFile } from "./programs/trigger.ts";
import type { RunWorld } from "./run.ts";

export const STOPS = ["any moment", "stop-before-offsets", "stop-before-commit"] as const;
export type Stop = (typeof STOPS)[number];

const TAKEOVER_DEADLINE_MS = 60_000;

/** A folder for triggers, and the setting that names it. */
export async function createTriggers() {
  const folder = await mkdtemp(join(tmpdir(), "campus-triggers-"));
  return {
    folder,
    environment: { [TRIGGER_FOLDER]: folder },
    /** Has a process do something, and waits until it has come to where it does. */
    async pull(action: string, pid: number, hasDone: () => boolean): Promise<void> {
      const file = triggerFile(folder, action, pid);
      await Bun.write(file, "");
      await until(`${action} was done`, hasDone, { deadlineMs: 30_000, everyMs: 20 });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

export type Triggers = Awaited<ReturnType<typeof createTriggers>>;

/** One zombie. Returns how many decisions came twice since it went on. */
export async function makeZombie(
  { pulse }: RunWorld,
  instance: Instance,
  stop: Stop,
  triggers: Triggers,
): Promise<number> {
  const { pid } = instance.process;
  if (stop !== "any moment") await triggers.pull(stop, pid, () => isStopped(pid));
  // Stopped already or not: from now on it is held, so that it does not stay so if this process dies.
  await instance.pause();
  const takeover = pulse.watch();
  if ((await pulse.recovery(takeover, TAKEOVER_DEADLINE_MS)) === undefined)
    throw new Error(`nobody took over from ${instance.name}, stopped at ${stop}`);
  const before = pulse.repeated;
  await instance.resume();
  const back = pulse.watch();
  await pulse.recovery(back, TAKEOVER_DEADLINE_MS);
  await instance.process.ready(TAKEOVER_DEADLINE_MS).catch(() => undefined);
  return pulse.repeated - before;
}

/** Whether a signal has stopped it, as the kernel says. */
function isStopped(pid: number): boolean {
  const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
  return stdout.toString().trim().startsWith("T");
}
