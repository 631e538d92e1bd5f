/** What exactly once costs beside others that promise it, for the report: read from what `bun bench inventory` wrote. */
import { UsageError } from "./options.ts";

export interface Cost {
  readonly measured: string;
  readonly counts: string;
  readonly isReached: boolean;
  /** The command that measured it. */
  readonly command: string;
}

export const COST_GOAL = "≥ 2; ≥ 1.7";

/** @throws UsageError where the file can't be read, or lacks a peer */
export async function readCost(path: string): Promise<Cost> {
  let results: unknown;
  try {
    results = await Bun.file(path).json();
  } catch (error) {
    throw new UsageError(`--cost: ${path} can't be read as JSON: ${(error as Error).message}`);
  }
  return costOf(results, path);
}

/** Pure. @throws UsageError */
export function costOf(results: unknown, path: string): Cost {
  const { ratios, results: runs, command } = (results ?? {}) as Partial<BenchResults>;
  const ratioTo = (subject: string): number => {
    const ratio = ratios?.[`inventory/${subject}`];
    if (typeof ratio === "number") return ratio;
    throw new UsageError(
      `--cost: ${path} does not compare with ${subject}: bun bench inventory --peers franz-go,kafka-streams --json FILE`,
    );
  };
  const [franz, streams, three] = ["franz-go-one-session", "kafka-streams", "franz-go"].map(ratioTo);
  const rate = runs?.find(({ scenario, subject }) => scenario === "inventory" && subject === "ours")?.rate;
  return {
    measured: `${franz!.toFixed(2)}; ${streams!.toFixed(2)}`,
    counts: `${Math.round(rate ?? 0)} orders a second; against three sessions in one process, which franz-go's own examples don't have, ${three!.toFixed(2)}`,
    isReached: franz! >= 2 && streams! >= 1.7,
    command: command ?? "bun bench inventory",
  };
}

/** Of the JSON of a bench, what is read here. */
interface BenchResults {
  readonly command: string;
  readonly ratios: Readonly<Record<string, number>>;
  readonly results: readonly { readonly scenario: string; readonly subject: string; readonly rate: number }[];
}
