/** What a scenario is: one file in `scenarios/`, and one line in `scenarios/index.ts`. */
import type { Arguments } from "./arguments.ts";
import type { Chart, Lines } from "./chart.ts";
import type { BenchCluster } from "./cluster.ts";
import type { PayloadFiles } from "./payload.ts";
import type { Peer, PreparedPeer } from "./peer.ts";
import type { Progress } from "./progress.ts";
import type { Column } from "./table.ts";

/** One run of one subject, as it was measured. */
export interface Sample {
  /** Records or requests within the clock. */
  readonly count: number;
  readonly seconds: number;
  readonly rate: number;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly peakRssMb?: number | undefined;
  readonly cpuSeconds?: number | undefined;
  readonly lost?: number | undefined;
  /** Figures that only this scenario has. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** All runs of one subject in a scenario: medians over the rounds. */
export interface Result {
  readonly scenario: string;
  readonly subject: string;
  readonly title: string;
  /** What its figures stand for: acks, idempotence, when it answers. */
  readonly delivery: string;
  readonly unit: string;
  readonly rounds: number;
  readonly count?: number | undefined;
  readonly rate?: number | undefined;
  /** The slowest and the fastest round. */
  readonly rates?: readonly [number, number];
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly rssMb?: number | undefined;
  readonly cpuSeconds?: number | undefined;
  /** CPU time a record or request. */
  readonly cpuMicros?: number | undefined;
  readonly lost?: number | undefined;
  readonly extra?: Readonly<Record<string, number>>;
  /** Why its figures don't count. */
  readonly failed?: string;
}

export interface Comparison {
  readonly results: readonly Result[];
  /** Ours ÷ the other subject, the median over the rounds, by the other's name; of further figures by `<name>/<figure>`. */
  readonly ratios: Readonly<Record<string, number>>;
  /** What went on over time, where that is the point. */
  readonly series?: readonly Series[];
}

export interface Series {
  readonly name: string;
  /** Seconds, and the figure then. */
  readonly points: readonly (readonly [number, number])[];
}

/** A result and how ours compares to it, as the tables show it. */
export type Row = Result & {
  readonly ratio?: number | undefined;
  /** Of further figures, by their name. */
  readonly further?: Readonly<Record<string, number>>;
};

/** The bounds that `--check` holds a ratio to. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** What a scenario is given to run on. */
export interface Bench {
  readonly cluster: BenchCluster;
  readonly payloads: PayloadFiles;
  /** Those that were asked for and could be installed. */
  readonly peers: readonly PreparedPeer[];
  readonly options: Pick<Arguments, "records" | "seconds" | "rounds" | "check">;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Scenario {
  readonly name: string;
  /** One line for `--help` and the tables. */
  readonly title: string;
  /** What `ratios` are ratios of, and which way is better. */
  readonly ratioOf: string;
  readonly better: "higher" | "lower";
  /** Peers that have something to say here. */
  readonly peers: (peer: Peer) => boolean;
  readonly bounds: Readonly<Record<string, Bounds>>;
  readonly columns: readonly Column<Row>[];
  /** What the report's picture shows; without it there is none. */
  readonly chart?: Chart;
  /** Or what the picture of its series shows. */
  readonly lines?: Lines;
  /** The settings that its figures depend on, for the report. */
  readonly settings: (options: Bench["options"]) => Readonly<Record<string, string | number>>;
  run(bench: Bench): Promise<Comparison>;
}
