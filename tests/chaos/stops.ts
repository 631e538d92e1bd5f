/**
 * Stops an inventory instance in the middle of its work until another has taken its partitions over, and lets it go on: a zombie. It is stopped at a moment
 * that chance decides, or at an exact point of a transaction (programs/stopping-inventory.ts).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ORDER_EVENTS } from "@campus/events";
import { GROUP } from "@campus/inventory";
import { until } from "../support/until.ts";
import type { Instance } from "./instance.ts";
import { TRIGGER_FOLDER, triggerFile } from "./programs/trigger.ts";
import type { RunWorld } from "./run.ts";

export const STOPS = ["any moment", "stop-before-offsets", "stop-before-commit"] as const;
export type Stop = (typeof STOPS)[number];

const TAKEOVER_DEADLINE_MS = 60_000;
/** Less than a transaction may stay open. */
const ZOMBIE_DEADLINE_MS = 20_000;

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

/** Others have taken over when orders placed since are decided in every partition, for readers of committed records to see. */
async function othersDecide({ pulse }: RunWorld): Promise<boolean> {
  return (await pulse.recovery(pulse.watch(), TAKEOVER_DEADLINE_MS)) !== undefined;
}

/**
 * The same, as soon as they have committed. Nothing of it can be read as long as the one that was stopped has a transaction open and nobody fences it:
 * that lasts until the transaction times out, and then it is too late for a zombie. So after a while it is woken in any case.
 */
export async function othersCommit({ cluster }: RunWorld): Promise<boolean> {
  const partitions = [0, 1, 2].map((partition) => ({ topic: ORDER_EVENTS, partition }));
  const before = await cluster.admin.groupOffsets(GROUP, partitions);
  const deadline = performance.now() + ZOMBIE_DEADLINE_MS;
  while (performance.now() < deadline) {
    const now = await cluster.admin.groupOffsets(GROUP, partitions);
    if (now.every(({ offset }, index) => offset > before[index]!.offset)) break;
    await Bun.sleep(100);
  }
  return true;
}

/** One zombie. Returns how many decisions came twice since it went on. */
export async function makeZombie(
  world: RunWorld,
  instance: Instance,
  stop: Stop,
  triggers: Triggers,
  haveTakenOver: (world: RunWorld) => Promise<boolean> = othersDecide,
): Promise<number> {
  const { pulse } = world;
  const { pid } = instance.process;
  if (stop !== "any moment") await triggers.pull(stop, pid, () => isStopped(pid));
  // Stopped already or not: from now on it is held, so that it does not stay so if this process dies.
  await instance.pause();
  if (!(await haveTakenOver(world)))
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
