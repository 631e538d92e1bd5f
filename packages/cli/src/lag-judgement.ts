/** Whether a group's lag is fine: how fast it is made up for, and whether it stands. Pure: what was read at which time comes in. */
import type { GroupLag } from "./group-lag.ts";
import { totalLag } from "./lag.ts";
import { placeOf } from "./topics.ts";

export type State = "OK" | "WARN" | "STALLED";

export interface Limits {
  /** Records a group may be behind. */
  readonly failOver: number;
  /** How old what is next in a partition may be. */
  readonly maxAgeMs: number;
  /** After so long without a commit, lag is a stall. */
  readonly stalledAfterMs: number;
}

interface Speed {
  /** Records committed a second; null before the second look. */
  readonly rate: number | null;
  /** Until the lag is gone if both rates stay as they are; null where it is not known or grows. */
  readonly caughtUpMs: number | null;
}

export type JudgedPartition = GroupLag["partitions"][number] & Speed & { readonly state: State | null };

export interface Judged extends Speed {
  readonly groupId: string;
  /** Kafka's word for the group. */
  readonly groupState: string | null;
  readonly members: GroupLag["members"];
  readonly lag: number;
  readonly state: State;
  readonly partitions: readonly JudgedPartition[];
}

interface Seen {
  readonly atMs: number;
  readonly committed: number;
  readonly end: number;
}

/** What was seen of each partition: at first within the last while, now, and since when its position stands. */
export class Progress {
  readonly #seen = new Map<string, Seen[]>();
  readonly #stoodSince = new Map<string, number>();
  #nowMs = 0;

  /** Rates are taken over this time: shorter, and the bursts in which consumers commit are all one sees. */
  static readonly windowMs = 10_000;

  take(groups: readonly GroupLag[], nowMs: number): void {
    this.#nowMs = nowMs;
    for (const { groupId, partitions } of groups) {
      for (const { topic, partition, committed, end } of partitions) {
        const key = `${groupId} ${placeOf({ topic, partition })}`;
        if (committed === null || end === null) {
          this.#seen.delete(key);
          this.#stoodSince.delete(key);
          continue;
        }
        const seen = this.#seen.get(key) ?? [];
        const isMoved = seen.at(-1)?.committed !== committed;
        // Nothing to read is no stall, and the time for one begins when there is.
        if (isMoved || committed >= end) this.#stoodSince.set(key, nowMs);
        this.#seen.set(key, [
          ...seen.filter(({ atMs }) => nowMs - atMs <= Progress.windowMs),
          { atMs: nowMs, committed, end },
        ]);
      }
    }
  }

  stoodMs(groupId: string, place: string): number {
    return this.#nowMs - (this.#stoodSince.get(`${groupId} ${place}`) ?? this.#nowMs);
  }

  /** Records a second, committed and written; null before the second look. */
  ratesOf(groupId: string, place: string): { readonly committed: number; readonly written: number } | null {
    const seen = this.#seen.get(`${groupId} ${place}`) ?? [];
    const [first, last] = [seen[0], seen.at(-1)];
    if (!first || !last || last.atMs <= first.atMs) return null;
    const seconds = (last.atMs - first.atMs) / 1000;
    return {
      committed: (last.committed - first.committed) / seconds,
      written: (last.end - first.end) / seconds,
    };
  }
}

/** @param progress undefined at a single look, which can't tell a stall */
export function judge(group: GroupLag, limits: Limits, progress: Progress | undefined): Judged {
  const { groupId, state: groupState, members } = group;
  const rates = new Map(
    group.partitions.map((of) => [placeOf(of), progress?.ratesOf(groupId, placeOf(of)) ?? null] as const),
  );
  const partitions = group.partitions.map((of): JudgedPartition => {
    const rate = rates.get(placeOf(of)) ?? null;
    const stood = progress?.stoodMs(groupId, placeOf(of)) ?? 0;
    return { ...of, ...speedOf(of.lag, rate), state: stateOf(of, stood, limits) };
  });
  const lag = totalLag(partitions);
  const known = [...rates.values()].filter((rate) => rate !== null);
  const sum = (of: "committed" | "written") => known.reduce((total, rate) => total + rate[of], 0);
  const all = known.length === 0 ? null : { committed: sum("committed"), written: sum("written") };
  const states = partitions.map(({ state }) => state);
  const state = states.includes("STALLED")
    ? "STALLED"
    : states.includes("WARN") || lag > limits.failOver
      ? "WARN"
      : "OK";
  return { groupId, groupState, members, lag, state, ...speedOf(lag, all), partitions };
}

function speedOf(lag: number | null, rates: ReturnType<Progress["ratesOf"]>): Speed {
  if (rates === null || lag === null) return { rate: rates?.committed ?? null, caughtUpMs: null };
  const gain = rates.committed - rates.written;
  const caughtUpMs = lag <= 0 ? 0 : gain > 0 ? (1000 * lag) / gain : null;
  return { rate: rates.committed, caughtUpMs };
}

function stateOf(
  { lag, ageMs }: Pick<GroupLag["partitions"][number], "lag" | "ageMs">,
  stoodMs: number,
  { maxAgeMs, stalledAfterMs }: Limits,
): State | null {
  if (lag === null) return null;
  if (lag > 0 && stoodMs >= stalledAfterMs) return "STALLED";
  return (ageMs ?? 0) > maxAgeMs ? "WARN" : "OK";
}
