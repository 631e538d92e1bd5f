/** A figure of tests/RELIABILITY.md: what is done how often, and how to say what came out. Each is a file in scenarios/. */
import type { Outcome } from "./run.ts";
import type { FaultKind, PlannedFault } from "./schedule.ts";

export interface ScenarioOptions {
  readonly seed: number;
  /** How often it does what it counts. */
  readonly times: number;
  /** For what each instance says, see `--logs`. */
  readonly logsFolder: string | undefined;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface Scenario {
  /** For `--scenario`. */
  readonly name: string;
  /** What is shown, and what is to be reached: the first two columns of the table. */
  readonly what: string;
  readonly goal: string;
  /** How often unless `--times` says otherwise: what the goal asks for. */
  readonly times: number;
  run(options: ScenarioOptions): Promise<ScenarioResult>;
}

export interface ScenarioResult {
  /** The third column. */
  readonly measured: string;
  /** Further counts, for the fourth. */
  readonly counts: string;
  /** What is wrong, in words; the goal is reached when there is nothing. */
  readonly findings: readonly string[];
}

/** What every result says of the orders. */
export function countsOf(
  { promises, verification, statuses }: Outcome,
  more: readonly string[] = [],
): string {
  const refused = Object.entries(statuses)
    .filter(([status]) => status !== "202")
    .map(([status, count]) => `${count} × ${status === "null" ? "no answer" : status}`);
  return [
    `${promises.accepted} orders accepted`,
    ...(refused.length > 0 ? [`besides the 202s ${refused.join(", ")}`] : []),
    ...(verification.retries > 0 ? [`${verification.retries} written again by retries`] : []),
    ...more,
  ].join("; ");
}

/** Faults of some kinds by turns, one after the other in one lane: each begins when the one before it is over. */
export function inTurn(
  kinds: readonly FaultKind[],
  times: number,
  {
    lane = "services",
    lastsMs = 500,
    everyMs = 1_000,
  }: Partial<Pick<PlannedFault, "lane" | "lastsMs">> & {
    readonly everyMs?: number;
  } = {},
): PlannedFault[] {
  return Array.from({ length: times }, (_, index) => ({
    kind: kinds[index % kinds.length]!,
    lane,
    atMs: 2_000 + index * everyMs,
    lastsMs,
    // Each of the instances in its turn.
    target: Math.floor(index / kinds.length),
  }));
}

/** What the finding of a figure says when it is above its limit. */
export function above(what: string, value: number, limit: number, unit: string): string[] {
  return value <= limit ? [] : [`${what} ${value.toFixed(1)} ${unit}, the goal is ${limit} ${unit}`];
}
