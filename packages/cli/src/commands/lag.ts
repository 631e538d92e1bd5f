/** `orders lag`: what groups have committed, where the logs end, and what lies between. Once, or again and again. */
import type { Command, Context } from "../command.ts";
import { type CommandError, EXIT_CODE, UsageError } from "../exit-code.ts";
import { type GroupLag, groupLagReader } from "../group-lag.ts";
import { pause } from "../interruption.ts";
import { type Judged, type JudgedPartition, judge, type Limits, Progress } from "../lag-judgement.ts";
import { formatDuration } from "../moment.ts";
import { duration, wholeNumber } from "../number-option.ts";
import type { Output } from "../output.ts";
import type { Cell, Column, Tone } from "../table.ts";
import { placeOf } from "../topics.ts";

/** The groups of this project's own services. */
const DEFAULT_GROUPS = ["inventory-group", "analytics-group"];

const DEFAULT_INTERVAL_MS = 2_000;
const DEFAULT_STALLED_MS = 10_000;

export const lag: Command = {
  name: "lag",
  summary: "how far consumer groups are behind, a row a partition",
  description: `Shows for each partition what a group has committed, where the log ends, what lies between, and the age of the record that is next: how
long ago it was written. For any group of any cluster; without a GROUP: ${DEFAULT_GROUPS.join(" and ")}.

Partitions of a topic that the group reads are listed even if it has committed nothing there: their lag is unknown (-), because
where the group will begin is a setting of its consumers, and they are not in the total.

With --watch again and again, with the rate at which it is committed and when it will have caught up at that, until Ctrl-C; with
--json then a document a line. STATE is STALLED where nothing was committed for --stalled-after although there is lag (seen with
--watch only), WARN above --fail-over or --max-age, and else OK. Without --watch, a WARN ends the command with exit code 1.`,
  argument: { name: "GROUP", count: "any" },
  options: [
    { name: "watch", description: "look again and again, until Ctrl-C" },
    { name: "interval", value: "DURATION", description: "with --watch: how often (default: 2s)" },
    {
      name: "stalled-after",
      value: "DURATION",
      description: "with --watch: when no progress is STALLED (default: 10s)",
    },
    { name: "fail-over", value: "N", description: "WARN where a group's lag is more than this" },
    {
      name: "max-age",
      value: "DURATION",
      description: "WARN where the next record of a partition is older than this",
    },
  ],
  examples: [
    ["lag", "both groups of the order system"],
    ["lag --watch", "live, until Ctrl-C"],
    ["lag analytics-group --json | jq .lag", "the total as a number"],
    [
      "lag my-group --fail-over 1000 --max-age 30s",
      "exit code 1 where it is further behind: for CI and cron",
    ],
    ["lag my-group --brokers kafka.example:9092", "a group of another cluster"],
  ],
  async run(given, context) {
    const groupIds = given.arguments.length > 0 ? [...new Set(given.arguments)] : DEFAULT_GROUPS;
    const watch = given.flag("watch");
    const limits: Limits = {
      failOver: wholeNumber(given, "fail-over") ?? Number.POSITIVE_INFINITY,
      maxAgeMs: duration(given, "max-age") ?? Number.POSITIVE_INFINITY,
      stalledAfterMs: duration(given, "stalled-after") ?? DEFAULT_STALLED_MS,
    };
    const intervalMs = duration(given, "interval") ?? DEFAULT_INTERVAL_MS;
    for (const option of ["interval", "stalled-after"]) {
      if (given.value(option) !== undefined && !watch) throw new UsageError(`--${option} goes with --watch`);
    }
    if (intervalMs < 100) throw new UsageError("--interval is less than 100ms");
    await using connection = await context.connect();
    const read = groupLagReader(connection);
    if (watch) return await watchLag(groupIds, read, limits, intervalMs, context);
    const { groups, missing } = await read(groupIds);
    const judged = groups.map((group) => judge(group, limits, undefined));
    if (context.output.isJson) context.output.json(toDocument(judged));
    else if (groups.length > 0) context.output.table(COLUMNS, judged.flatMap(tableRows));
    for (const group of groups) say(group, context.output);
    for (const { message } of missing) context.output.say(message);
    const isWorse = judged.some(({ state }) => state === "WARN");
    if (isWorse) context.output.say(warning(judged, limits));
    return missing.length > 0 || isWorse ? EXIT_CODE.failed : EXIT_CODE.ok;
  },
};

type Read = ReturnType<typeof groupLagReader>;

async function watchLag(
  groupIds: readonly string[],
  read: Read,
  limits: Limits,
  intervalMs: number,
  { output, interruption }: Context,
): Promise<number> {
  const interrupted = interruption();
  const progress = new Progress();
  let isFirst = true;
  while (!interrupted.aborted) {
    const { groups, missing } = await read(groupIds);
    progress.take(groups, performance.now());
    const judged = groups.map((group) => judge(group, limits, progress));
    if (output.isJson) {
      output.jsonLine({
        time: new Date().toISOString(),
        ...toDocument(judged),
        missing: missing.map(messageOf),
      });
    } else {
      if (output.styled) output.clear();
      else if (!isFirst) output.gap();
      output.table(WATCH_COLUMNS, judged.flatMap(watchRows));
      for (const of of missing) output.line(messageOf(of));
      if (output.styled)
        output.line(
          `\n${new Date().toLocaleTimeString()}, every ${formatDuration(intervalMs)}. Ctrl-C ends it.`,
        );
    }
    isFirst = false;
    await pause(intervalMs, interrupted);
  }
  return EXIT_CODE.ok;
}

const messageOf = ({ message }: CommandError): string => message;

const COLUMNS: readonly Column[] = [
  { title: "GROUP" },
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "COMMITTED", align: "right" },
  { title: "END", align: "right" },
  { title: "LAG", align: "right" },
  { title: "AGE", align: "right" },
  { title: "STATE" },
  { title: "CLIENT" },
  { title: "CONSUMER" },
];

const WATCH_COLUMNS: readonly Column[] = [
  ...COLUMNS.slice(0, 7),
  { title: "RATE/S", align: "right" },
  { title: "CAUGHT-UP-IN", align: "right" },
  ...COLUMNS.slice(7, 9),
];

const TONES: Readonly<Record<string, Tone>> = { OK: "good", WARN: "warning", STALLED: "bad" };

const TOTAL: Cell = { text: "total", tone: "strong" };

/** The columns that both tables begin with. */
function firstCells(groupId: string, of: JudgedPartition): Cell[] {
  return [groupId, of.topic, of.partition, of.committed, of.end, lagCell(of.lag), ageCell(of.ageMs)];
}

function tableRows({ groupId, state, lag, partitions }: Judged): Cell[][] {
  const rows = partitions.map((of): Cell[] => [
    ...firstCells(groupId, of),
    ...[stateCell(of.state), of.clientId, of.memberId],
  ]);
  return [...rows, [groupId, TOTAL, "", "", "", lagCell(lag), "", stateCell(state), "", ""]];
}

function watchRows({ groupId, state, lag, rate, caughtUpMs, partitions }: Judged): Cell[][] {
  const rows = partitions.map((of): Cell[] => [
    ...firstCells(groupId, of),
    ...[rateCell(of.rate), ageCell(of.caughtUpMs), stateCell(of.state), of.clientId],
  ]);
  return [
    ...rows,
    [groupId, TOTAL, "", "", "", lagCell(lag), "", rateCell(rate), ageCell(caughtUpMs), stateCell(state), ""],
  ];
}

function lagCell(lag: number | null): Cell {
  if (lag === null) return lag;
  return { text: lag, tone: lag === 0 ? "good" : lag > 0 ? "warning" : "bad" };
}

function ageCell(ms: number | null): Cell {
  return ms === null ? null : formatDuration(ms);
}

function rateCell(rate: number | null): Cell {
  return rate === null ? null : Math.round(rate);
}

function stateCell(state: string | null): Cell {
  return state === null ? null : { text: state, tone: TONES[state]! };
}

function toDocument(groups: readonly Judged[]) {
  return {
    groups: groups.map(({ groupId, groupState, members, lag, state, rate, caughtUpMs, partitions }) => ({
      ...{ group: groupId, state: groupState, members: groupState === null ? null : members },
      ...{ lag, judgement: state, rate, caughtUpMs, partitions },
    })),
    lag: groups.reduce((sum, { lag }) => sum + lag, 0),
  };
}

function warning(judged: readonly Judged[], { failOver, maxAgeMs }: Limits): string {
  const over = judged.filter(({ lag }) => lag > failOver).map(({ groupId }) => groupId);
  const old = judged.flatMap(({ partitions }) => partitions.filter(({ ageMs }) => (ageMs ?? 0) > maxAgeMs));
  return [
    ...(over.length > 0 ? [`More than ${failOver} behind: ${over.join(", ")}.`] : []),
    ...(old.length > 0
      ? [`Older than ${formatDuration(maxAgeMs)}: what is next in ${old.map(placeOf).join(", ")}.`]
      : []),
  ].join(" ");
}

/** What the rows don't say: whether anybody reads, and what is odd. */
function say({ groupId, state, members, partitions }: GroupLag, output: Output): void {
  if (state === null) output.say(`${groupId}: this cluster can't say who is in it`);
  else if (members.length === 0) output.say(`${groupId}: ${state}, nobody reads for it`);
  else output.say(`${groupId}: ${state}, ${members.length} ${members.length === 1 ? "member" : "members"}`);
  const none = partitions.filter(({ committed, end }) => committed === null && end !== null && end > 0);
  if (none.length > 0)
    output.say(`${groupId}: nothing committed in ${none.map(placeOf).join(", ")}, not in the total`);
  const short = partitions.filter(({ lag }) => lag !== null && lag < 0);
  if (short.length > 0) {
    output.say(
      `${groupId}: the log ends before what was committed in ${short.map(placeOf).join(", ")}: was the topic deleted and made anew?`,
    );
  }
  const gone = partitions.filter(({ end }) => end === null);
  if (gone.length > 0)
    output.say(`${groupId}: no leader to ask, or no such topic: ${gone.map(placeOf).join(", ")}`);
}
