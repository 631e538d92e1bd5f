/**
 * Runs subjects in turn, several rounds, every second one backwards: what drifts in the machine or the broker then weighs on all alike.
 * Ratios are taken within a round, and their median is what counts.
 */
import type { Comparison, Result, Sample, Scenario } from "./scenario.ts";
import { median, medianOf } from "./statistics.ts";
import { RunFailed } from "./subject-process.ts";

/** The name of our own subject in every scenario. */
export const ours = "ours";

export interface RoundSubject {
  readonly name: string;
  readonly title: string;
  readonly delivery: string;
}

export type Figure = (sample: Sample) => number | undefined;

export interface RoundOptions<S extends RoundSubject> {
  readonly scenario: Pick<Scenario, "name">;
  readonly unit: string;
  /** What ratios are taken of. */
  readonly figure: Figure;
  /** Further figures by name; their ratios are `<subject>/<name>`. */
  readonly further?: Readonly<Record<string, Figure>>;
  /** One of them is `ours`. */
  readonly subjects: readonly S[];
  readonly rounds: number;
  /** @throws RunFailed when the run gave no figures, or such as don't count */
  readonly measure: (subject: S) => Promise<Sample>;
  /** A run whose figures are nobody's: the first after a broker's start pays for the broker's own warm-up. */
  readonly warmUp?: () => Promise<unknown>;
  /** Gets a line for each run. */
  readonly describe: (sample: Sample) => string;
  readonly progress: {
    say(text: string): void;
    during<T>(text: string, work: () => Promise<T>): Promise<T>;
  };
}

/** Samples by round; a subject that failed is not run again. */
class Runs {
  readonly samples: Sample[] = [];
  failed: string | undefined;
}

/** 0, 1, 2, … and, every second round, the other way round. */
export function orderOf<T>(items: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? items : items.toReversed();
}

export async function compareInRounds<S extends RoundSubject>(options: RoundOptions<S>): Promise<Comparison> {
  const { scenario, figure, further = {}, subjects, rounds, measure, describe, progress } = options;
  const runs = new Map(subjects.map(({ name }) => [name, new Runs()]));
  if (options.warmUp) await progress.during(`${scenario.name}  warming the broker up`, options.warmUp);
  const width = Math.max(...subjects.map(({ name }) => name.length));
  for (let round = 0; round < rounds; round++) {
    for (const subject of orderOf(subjects, round)) {
      const run = runs.get(subject.name)!;
      if (run.failed) continue;
      const label = `${scenario.name}  round ${round + 1}/${rounds}  ${subject.name.padEnd(width)}`;
      try {
        const sample = await progress.during(label.trimEnd(), () => measure(subject));
        run.samples.push(sample);
        progress.say(`  ${label}  ${describe(sample)}`);
      } catch (error) {
        if (!(error instanceof RunFailed)) throw error;
        run.failed = error.message;
        progress.say(`  ${label}  FAILED: ${error.message}`);
      }
    }
  }
  return {
    results: subjects.map((subject) => summarize(options, subject, runs.get(subject.name)!)),
    ratios: {
      ...ratiosOf(options, runs, figure),
      ...Object.fromEntries(
        Object.entries(further).flatMap(([name, of]) =>
          Object.entries(ratiosOf(options, runs, of)).map(([subject, ratio]) => [
            `${subject}/${name}`,
            ratio,
          ]),
        ),
      ),
    },
  };
}

function summarize<S extends RoundSubject>(
  { scenario, unit }: RoundOptions<S>,
  subject: S,
  { samples, failed }: Runs,
): Result {
  const { name, title, delivery } = subject;
  const head = { scenario: scenario.name, subject: name, title, delivery, unit, rounds: samples.length };
  if (failed) return { ...head, failed };
  const rates = samples.map(({ rate }) => rate);
  return {
    ...head,
    count: medianOf(samples, ({ count }) => count),
    rate: median(rates),
    rates: [Math.min(...rates), Math.max(...rates)],
    p50Ms: medianOf(samples, ({ p50Ms }) => p50Ms),
    p99Ms: medianOf(samples, ({ p99Ms }) => p99Ms),
    rssMb: medianOf(samples, ({ peakRssMb }) => peakRssMb),
    cpuSeconds: medianOf(samples, ({ cpuSeconds }) => cpuSeconds),
    cpuMicros: medianOf(samples, ({ cpuSeconds, count }) =>
      cpuSeconds === undefined ? undefined : (cpuSeconds / count) * 1e6,
    ),
    lost: medianOf(samples, ({ lost }) => lost),
    ...extrasOf(samples),
  };
}

function extrasOf(samples: readonly Sample[]): { extra?: Record<string, number> } {
  const names = Object.keys(samples[0]?.extra ?? {});
  if (names.length === 0) return {};
  return {
    extra: Object.fromEntries(names.map((name) => [name, medianOf(samples, ({ extra }) => extra?.[name])!])),
  };
}

function ratiosOf<S extends RoundSubject>(
  { subjects }: RoundOptions<S>,
  runs: ReadonlyMap<string, Runs>,
  figure: Figure,
): Record<string, number> {
  const own = runs.get(ours);
  const ratios: Record<string, number> = {};
  if (!own || own.failed) return ratios;
  for (const { name } of subjects) {
    const run = runs.get(name)!;
    if (name === ours || run.failed) continue;
    const perRound = run.samples.flatMap((sample, round) => {
      const theirs = figure(sample);
      const mine = figure(own.samples[round]!);
      return theirs === undefined || mine === undefined ? [] : [mine / theirs];
    });
    if (perRound.length > 0) ratios[name] = median(perRound);
  }
  return ratios;
}
