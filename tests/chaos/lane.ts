/** One lane of a plan, carried out: strike, wait, heal, see the system get over it, and only then the next. */
import { COUNTS_FROM_HEALING, strike, type World } from "./faults.ts";
import type { Pulse } from "./pulse.ts";
import type { FaultKind, PlannedFault } from "./schedule.ts";

/** A system that has not got over a fault by then never will: that is a finding. */
const RECOVERY_DEADLINE_MS = 60_000;

export interface Suffered {
  readonly kind: FaultKind;
  readonly target: string;
  readonly atMs: number;
  /** Until in every partition an order placed since was answered and decided; undefined where that did not come. */
  readonly recoveredMs: number | undefined;
  /** Of the death of a producer: until what was under way there was answered elsewhere. */
  readonly answeredMs?: number | undefined;
}

export interface LaneOptions {
  readonly world: World;
  readonly pulse: Pulse;
  readonly plan: readonly PlannedFault[];
  /** What has not begun by then is left out: faults take as long as the system takes to get over them. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
  readonly onSuffered: (suffered: Suffered) => void;
}

export async function runLane({
  world,
  pulse,
  plan,
  untilMs,
  signal,
  onSuffered,
}: LaneOptions): Promise<void> {
  for (const fault of plan) {
    await sleepUntil(fault.atMs, pulse, signal);
    if (signal.aborted || pulse.nowMs() > untilMs) return;
    onSuffered(await suffer(world, pulse, fault));
    if (fault.lane === "cluster") await world.cluster.untilWhole();
  }
}

async function suffer(world: World, pulse: Pulse, fault: PlannedFault): Promise<Suffered> {
  const atMs = pulse.nowMs();
  let watch = pulse.watch();
  const { target, requests = [], heal } = await strike(world, fault);
  const answered = requests.length === 0 ? undefined : untilAnswered(world, pulse, requests, atMs);
  await Bun.sleep(fault.lastsMs);
  await heal();
  if (COUNTS_FROM_HEALING.has(fault.kind)) watch = pulse.watch();
  const recoveredMs = await pulse.recovery(watch, RECOVERY_DEADLINE_MS);
  const answeredMs = await answered;
  return { kind: fault.kind, target, atMs, recoveredMs, ...(answered && { answeredMs }) };
}

/** How long after the blow the last of these requests was answered; undefined where one never was. */
async function untilAnswered(
  { load }: World,
  pulse: Pulse,
  requests: readonly number[],
  fromMs: number,
): Promise<number | undefined> {
  while (!requests.every(load.isAnswered)) {
    if (pulse.nowMs() - fromMs > RECOVERY_DEADLINE_MS) return undefined;
    await Bun.sleep(5);
  }
  return pulse.nowMs() - fromMs;
}

async function sleepUntil(atMs: number, pulse: Pulse, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && pulse.nowMs() < atMs) await Bun.sleep(Math.min(50, atMs - pulse.nowMs()));
}
