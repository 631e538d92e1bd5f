/** The columns that tables of several scenarios share, and how their figures are written. */
import type { Row } from "./scenario.ts";
import type { Column } from "./table.ts";

const none = "–";

export function figure(value: number | undefined, digits = 0): string {
  if (value === undefined || Number.isNaN(value)) return none;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function column(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: "right", cell: (row) => (row.failed ? none : cell(row)) };
}

export const subjectColumn: Column<Row> = { title: "subject", cell: ({ subject }) => subject };

/** Who that is, and last, since it is long: what its figures stand for, or why there are none. */
export const deliveryColumn: Column<Row> = {
  title: "what it is and delivers",
  cell: ({ title, delivery, failed }) => (failed ? `${title}: FAILED, ${failed}` : `${title}: ${delivery}`),
};

export const ratioColumn = (title = "ours ÷ it"): Column<Row> =>
  column(title, ({ ratio }) => (ratio === undefined ? none : figure(ratio, 2)));

/** The other way round, for figures of which less is better: how many times ours is lower. */
export const timesLowerColumn = (title: string, name: string): Column<Row> =>
  column(title, ({ further = {} }) => (further[name] === undefined ? none : figure(1 / further[name], 2)));

export const rateColumn = (unit: string): Column<Row> => column(unit, ({ rate }) => figure(rate));

export const spreadColumn = column("slowest–fastest round", ({ rates }) =>
  rates ? `${figure(rates[0] / 1000, 1)}–${figure(rates[1] / 1000, 1)} k` : none,
);

export const p50Column = column("p50 ms", ({ p50Ms }) => figure(p50Ms, 3));
export const p99Column = column("p99 ms", ({ p99Ms }) => figure(p99Ms, 3));
export const cpuColumn = (what: string): Column<Row> =>
  column(`CPU µs/${what}`, ({ cpuMicros }) => figure(cpuMicros, 2));
export const rssColumn = column("peak MB", ({ rssMb }) => figure(rssMb));

export function extraColumn(title: string, name: string, digits: number): Column<Row> {
  return column(title, ({ extra }) => figure(extra?.[name], digits));
}
