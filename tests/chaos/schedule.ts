/**
 * Which fault comes when, pure: a seed, a length and the kinds of faults give a plan, always the same. Faults of one lane come one after the other,
 * each only once the one before it is over; lanes go side by side. The whole cluster is one lane, because two of three brokers at once
 * is another fault than one.
 */
import { createRandom, type Random } from "./random.ts";

/** What can go wrong, and in which lane. */
export const FAULTS = Object.freeze({
  "broker-kill": "cluster",
  "broker-pause": "cluster",
  "broker-restart": "cluster",
  "all-brokers": "cluster",
  cut: "cluster",
  delay: "cluster",
  "producer-kill": "services",
  "inventory-kill": "services",
  "analytics-kill": "services",
  "inventory-pause": "services",
  "analytics-pause": "services",
  "producer-restart": "services",
  "inventory-restart": "services",
  "analytics-restart": "services",
} as const);

export type FaultKind = keyof typeof FAULTS;
export type Lane = (typeof FAULTS)[FaultKind];

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];
export const LANES: readonly Lane[] = ["cluster", "services"];

/** Rare, because nothing else can be seen meanwhile. */
const WEIGHTS: Partial<Record<FaultKind, number>> = { "all-brokers": 0.3, "broker-kill": 3 };

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly lane: Lane;
  /** Since the load began, in milliseconds. It comes later where the one before it in the lane is not over yet. */
  readonly atMs: number;
  /** How long what is stopped stays stopped, or what is disturbed disturbed. */
  readonly lastsMs: number;
  /** Chooses the instance: reduced by how many there are. */
  readonly target: number;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly kinds: readonly FaultKind[];
  /** Between the beginnings of two faults of a lane. */
  readonly pauseMs?: readonly [least: number, most: number];
  /** Of a pause: longer than the session timeout of whoever is paused. */
  readonly sessionTimeoutMs: number;
}

/** The plan, by time. The first fault of the cluster is the death of a leader where that is among the kinds. */
export function planFaults(options: ScheduleOptions): PlannedFault[] {
  const random = createRandom(options.seed);
  return LANES.flatMap((lane) => planLane(lane, options, random.fork(lane))).sort((a, b) => a.atMs - b.atMs);
}

function planLane(
  lane: Lane,
  { seconds, kinds, pauseMs = [3_000, 7_000], sessionTimeoutMs }: ScheduleOptions,
  random: Random,
): PlannedFault[] {
  const own = kinds.filter((kind) => FAULTS[kind] === lane);
  const planned: PlannedFault[] = [];
  if (own.length === 0) return planned;
  // The lanes don't begin together, and the last fault has time to be got over.
  for (
    let atMs = random.between(1_000, 3_000);
    atMs < (seconds - 5) * 1_000;
    atMs += random.between(...pauseMs)
  ) {
    const first = lane === "cluster" && planned.length === 0 && own.includes("broker-kill");
    const kind = first ? "broker-kill" : pickWeighted(own, random);
    planned.push({
      kind,
      lane,
      // Down: up would be the end of the plan itself, once in a thousand.
      atMs: Math.floor(atMs),
      lastsMs: Math.round(lastsMs(kind, sessionTimeoutMs, random)),
      target: first ? 0 : random.integer(0, 999),
    });
  }
  return planned;
}

function pickWeighted(kinds: readonly FaultKind[], random: Random): FaultKind {
  const weights = kinds.map((kind) => WEIGHTS[kind] ?? 1);
  let at = random.between(
    0,
    weights.reduce((sum, weight) => sum + weight, 0),
  );
  for (const [index, kind] of kinds.entries()) {
    at -= weights[index]!;
    if (at < 0) return kind;
  }
  return kinds.at(-1)!;
}

function lastsMs(kind: FaultKind, sessionTimeoutMs: number, random: Random): number {
  if (kind.endsWith("-pause")) return sessionTimeoutMs + random.between(1_000, 3_000);
  if (kind === "all-brokers") return random.between(5_000, 10_000);
  if (kind === "cut" || kind === "delay") return random.between(1_000, 5_000);
  return random.between(0, 1_500);
}
