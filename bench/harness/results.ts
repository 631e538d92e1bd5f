/** What a run of the bench leaves: the JSON of `--json`, which is also what tables, report and checks are made of. */
import type { BenchCluster } from "./cluster.ts";
import { describeMachine, type Machine, ownVersions } from "./machine.ts";
import type { PreparedPeer } from "./peer.ts";
import type { Bench, Comparison, Result, Row, Scenario, Series } from "./scenario.ts";

export interface Results {
  readonly command: string;
  readonly date: string;
  readonly machine: Machine;
  readonly cluster: string;
  readonly versions: Readonly<Record<string, string>>;
  /** By scenario. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  readonly results: readonly Result[];
  /** Ours ÷ the other, by `<scenario>/<subject>`; of a further figure, by `<scenario>/<subject>/<figure>`. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Over time, by scenario, where it has some. */
  readonly series: Readonly<Record<string, readonly Series[]>>;
  /** Peers that were asked for and could not be had, with the reason. */
  readonly unavailable: Readonly<Record<string, string>>;
}

export interface Collected {
  readonly command: string;
  readonly cluster: Pick<BenchCluster, "title">;
  readonly options: Bench["options"];
  readonly peers: readonly PreparedPeer[];
  readonly unavailable: Readonly<Record<string, string>>;
  readonly comparisons: readonly { scenario: Scenario; comparison: Comparison }[];
}

export function collectResults({
  command,
  cluster,
  options,
  peers,
  unavailable,
  comparisons,
}: Collected): Results {
  return {
    command,
    date: new Date().toISOString(),
    machine: describeMachine(),
    cluster: cluster.title,
    versions: Object.assign(ownVersions(), ...peers.map(({ versions }) => versions)),
    settings: Object.fromEntries(
      comparisons.map(({ scenario }) => [
        scenario.name,
        { rounds: options.rounds, ...scenario.settings(options) },
      ]),
    ),
    results: comparisons.flatMap(({ comparison }) => comparison.results),
    ratios: Object.fromEntries(
      comparisons.flatMap(({ scenario, comparison }) =>
        Object.entries(comparison.ratios).map(([subject, ratio]) => [`${scenario.name}/${subject}`, ratio]),
      ),
    ),
    series: Object.fromEntries(
      comparisons.flatMap(({ scenario, comparison }) =>
        comparison.series ? [[scenario.name, comparison.series]] : [],
      ),
    ),
    unavailable,
  };
}

export function rowsOf({ results, ratios }: Comparison): Row[] {
  return results.map((result) => ({
    ...result,
    ratio: ratios[result.subject],
    further: furtherRatios(ratios, result.subject),
  }));
}

function furtherRatios(ratios: Comparison["ratios"], subject: string): Record<string, number> {
  const prefix = `${subject}/`;
  return Object.fromEntries(
    Object.entries(ratios).flatMap(([name, ratio]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), ratio]] : [],
    ),
  );
}

/** What makes a run of the bench a failure, in words: subjects that lost something, and, when asked, ratios out of bounds. */
export function faultsOf(
  { results, ratios }: Pick<Results, "results" | "ratios">,
  scenarios: readonly Pick<Scenario, "name" | "bounds" | "ratioOf">[],
  check: boolean,
): string[] {
  const failed = results.flatMap(({ scenario, subject, failed: reason }) =>
    reason ? [`${scenario}: ${subject} FAILED: ${reason}`] : [],
  );
  return check ? [...failed, ...scenarios.flatMap((scenario) => outOfBounds(ratios, scenario))] : failed;
}

function outOfBounds(
  ratios: Results["ratios"],
  { name, bounds, ratioOf }: Pick<Scenario, "name" | "bounds" | "ratioOf">,
): string[] {
  return Object.entries(bounds).flatMap(([subject, { min, max }]) => {
    const ratio = ratios[`${name}/${subject}`];
    if (ratio === undefined) return [];
    const what = `${name}: ${ratioOf} ours ÷ ${subject} is ${ratio.toFixed(2)}`;
    if (min !== undefined && ratio < min) return [`${what}, below ${min}`];
    if (max !== undefined && ratio > max) return [`${what}, above ${max}`];
    return [];
  });
}
