/** What the scenarios share in which a topic that is already full is worked off. */
import {
  cpuColumn,
  deliveryColumn,
  extraColumn,
  rateColumn,
  ratioColumn,
  rssColumn,
  spreadColumn,
  subjectColumn,
} from "./columns.ts";
import type { Pace } from "./pace.ts";
import type { Usage } from "./process-usage.ts";
import type { Row, Sample } from "./scenario.ts";
import type { Column } from "./table.ts";

/** Large, since a JVM takes its time. */
export const warmupShare = 0.2;
/** Without progress for so long a run has failed. */
export const stallMs = 30_000;

/** @param what is worked off, in the singular */
export const drainColumns = (what: string): readonly Column<Row>[] => [
  subjectColumn,
  rateColumn(`${what}s/s`),
  ratioColumn(),
  spreadColumn,
  cpuColumn(what),
  rssColumn,
  extraColumn("start s", "startSeconds", 1),
  deliveryColumn,
];

export interface Drained {
  readonly pace: Pace;
  /** In all, the warm-up's included. */
  readonly records: number;
  /** Of each process that took part. */
  readonly usages: readonly Usage[];
  readonly startedAtMs: number;
}

export function drainSample({ pace, records, usages, startedAtMs }: Drained): Sample {
  return {
    count: pace.count,
    seconds: pace.seconds,
    rate: pace.count / pace.seconds,
    peakRssMb: sum(usages.map(({ peakRssMb }) => peakRssMb)),
    // Of the start and the warm-up, too; so their share of the records counts.
    cpuSeconds: (sum(usages.map(({ cpuSeconds }) => cpuSeconds)) * pace.count) / records,
    lost: 0,
    extra: { startSeconds: (pace.firstAtMs - startedAtMs) / 1000 },
  };
}

/** Of all of them, or NaN. */
const sum = (figures: readonly (number | undefined)[]) =>
  figures.reduce<number>((total, figure) => total + (figure ?? Number.NaN), 0);
