/** `orders replay`: sends a range of a topic's records into another topic. */
import { KafkaError, type TopicDescription } from "@campus/kafka";
import type { Command, Given } from "../command.ts";
import type { Connection } from "../connection.ts";
import { EXIT_CODE, failed, UsageError } from "../exit-code.ts";
import { formatDuration } from "../moment.ts";
import { wholeNumber } from "../number-option.ts";
import type { Output } from "../output.ts";
import { createProgressBar } from "../progress-bar.ts";
import { FILTER_OPTIONS, readFilter } from "../record-filter.ts";
import {
  isFencing,
  isOfDeletedRecords,
  PROVENANCE,
  type ReplayOutcome,
  replayGroup,
  replay as replayRecords,
  takeOver,
} from "../replaying.ts";
import {
  type Beginning,
  type EndPoint,
  endAt,
  onlyPartitions,
  PARTITION_OPTION,
  readBeginnings,
  readEndPoint,
  readStartingPoint,
  STARTING_OPTIONS,
  type StartingPoint,
  UNTIL_OPTION,
} from "../starting-point.ts";
import type { Column } from "../table.ts";
import { describeNamed, placeOf } from "../topics.ts";

const COLUMNS: readonly Column[] = [
  { title: "PARTITION", align: "right" },
  { title: "FROM", align: "right" },
  { title: "UP TO", align: "right" },
  { title: "NEXT", align: "right" },
];

export const replay: Command = {
  name: "replay",
  summary: "send a range of a topic's records into another topic",
  description: `Sends what lies in TOPIC between two offsets or times into another topic: key, value, headers and timestamp as they are, and headers
that say where each comes from (${Object.values(PROVENANCE).join(", ")}).
Where both topics have the same number of partitions each record keeps its own, and with it the order; else its key decides.
Only what was committed is sent.

Each slice of records is sent in one transaction with how far it goes, so a run that ends early, even by kill -9, is gone on with
by the same command and --resume NAME: for readers of committed records nothing is missing and nothing is there twice. A run without a name
gets one, and says it. How far it came are the offsets of the group orders-replay.NAME: \`orders groups delete\` forgets it.
Records that were deleted before the run came to them end it; with --from earliest it goes on without them.

Without --execute it is only said what would be sent.`,
  argument: { name: "TOPIC", count: "one" },
  options: [
    {
      name: "to",
      value: "TOPIC",
      required: true,
      description: "where to; it must exist, and be another topic",
    },
    ...STARTING_OPTIONS,
    UNTIL_OPTION,
    ...FILTER_OPTIONS,
    PARTITION_OPTION,
    { name: "rate", value: "N", description: "at most so many records a second" },
    { name: "max", value: "N", description: "at most so many records in this run" },
    { name: "resume", value: "NAME", description: "the run to go on with; a new name begins a new one" },
    { name: "execute", description: "send them; without it nothing is changed" },
  ],
  examples: [
    ["replay order-events --to orders-copy --since 1h", "what the last hour would be"],
    ["replay order-events --to orders-copy --since 1h --rate 500 --execute", "send it, 500 a second"],
    [
      "replay order-events --to orders-copy --from 0 --until 5000 --resume copy-1 --execute",
      "a run with a name",
    ],
  ],
  async run(given, { output, brokers, connect, interruption }) {
    const plan = readPlan(given);
    const matches = readFilter(given);
    await using connection = await connect();
    const [source] = await describeNamed(connection.admin, [plan.source], brokers);
    const [target] = await describeNamed(connection.admin, [plan.target], brokers);
    await using producer = plan.execute ? await takeOver(connection, plan.name) : undefined;
    const stretches = await openStretches(connection, source!, plan);
    const total = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
    if (plan.execute)
      output.say(`This is run ${plan.name}: --resume ${plan.name} goes on with it if it ends early.`);
    const bar = createProgressBar(total);
    const startedAt = performance.now();
    const outcome = await replayRecords(connection, {
      ...{ name: plan.name, stretches, target: target!, matches, execute: plan.execute, producer },
      ...{ rate: plan.rate, max: plan.max, interrupted: interruption() },
      keepsPartitions: source!.partitions.length === target!.partitions.length,
      onProgress: ({ passed, sent }) =>
        bar.update(passed, `${sent} sent, ${passed} of ${total} gone through`),
      onWaiting: (partition, offset) =>
        output.say(`Waiting: a transaction is open in partition ${partition} at offset ${offset}.`),
      onForgottenOffsets: () =>
        output.say(
          "This cluster forgets the offsets of transactions, as the embedded one does: how far the run came is written behind each slice. After kill -9 up to a slice may come twice.",
        ),
    })
      .catch((error) => {
        throw explain(error, plan);
      })
      .finally(() => bar.clear());
    print(output, plan, stretches, outcome);
    const elapsedMs = performance.now() - startedAt;
    const isComplete = outcome.passed === total;
    output.say(summary(plan, outcome, elapsedMs, isComplete));
    return isComplete || outcome.sent >= plan.max ? EXIT_CODE.ok : EXIT_CODE.failed;
  },
};

interface Plan {
  readonly source: string;
  readonly target: string;
  readonly from: StartingPoint;
  readonly until: EndPoint;
  readonly partitions: readonly string[];
  readonly rate: number;
  readonly max: number;
  readonly name: string;
  readonly resumes: boolean;
  /** Whether it was said where to begin: then what was deleted before that is not asked for. */
  readonly hasBeginning: boolean;
  readonly execute: boolean;
}

/** @throws UsageError */
function readPlan(given: Given): Plan {
  const [source, target] = [given.arguments[0]!, given.value("to")!];
  if (source === target) throw new UsageError(`--to is ${source} itself: a replay goes into another topic`);
  const named = given.value("resume");
  if (named !== undefined && !/^[\w.-]{1,100}$/.test(named)) {
    throw new UsageError(
      `--resume is ${JSON.stringify(named)}: a name is 1 to 100 letters, digits, dots, dashes or underscores`,
    );
  }
  return {
    ...{ source, target },
    from: readStartingPoint(given.value("from"), given.value("since"), { kind: "earliest" }),
    until: readEndPoint(given.value("until")),
    partitions: given.values("partition"),
    rate: wholeNumber(given, "rate", 1) ?? Number.POSITIVE_INFINITY,
    max: wholeNumber(given, "max", 1) ?? Number.POSITIVE_INFINITY,
    name: named ?? `${source}.${new Date().toISOString().replace(/[-:.]/g, "")}`,
    resumes: named !== undefined,
    hasBeginning: given.value("from") !== undefined || given.value("since") !== undefined,
    execute: given.flag("execute"),
  };
}

/** The range, without what the run has been through already. @throws when records that it should go on with are deleted */
async function openStretches(
  { admin }: Connection,
  source: TopicDescription,
  { from, until, partitions, name, resumes, hasBeginning }: Plan,
): Promise<Beginning[]> {
  const beginnings = onlyPartitions(await readBeginnings(admin, [source], from), partitions);
  if (beginnings.length === 0) throw failed(`No partition of ${source.topic} has a leader to ask.`);
  const stretches = await endAt(admin, [source], beginnings, until);
  if (!resumes) return stretches;
  const committed = await admin.groupOffsets(
    replayGroup(name),
    stretches.map(({ topic, partition }) => ({ topic, partition })),
  );
  const reached = new Map(committed.map((of) => [placeOf(of), of.offset]));
  return stretches.map((of) => {
    const offset = reached.get(placeOf(of)) ?? -1;
    if (offset >= 0 && offset < of.start && !hasBeginning) {
      throw failed(
        `Offsets ${offset} to ${of.start - 1} of ${placeOf(of)} were deleted before the run ${name} came to them. ${withoutDeleted(name)}`,
      );
    }
    return { ...of, start: Math.min(of.end, Math.max(of.start, offset)) };
  });
}

function print(
  output: Output,
  plan: Plan,
  stretches: readonly Beginning[],
  { passed, sent, next, stalled }: ReplayOutcome,
): void {
  const partitions = stretches.map(({ partition, start, end }, i) => ({
    partition,
    start,
    end,
    next: next[i]!,
    ...(stalled.includes(partition) && { stalled: true }),
  }));
  const { source, target, name, execute } = plan;
  if (output.isJson) output.json({ run: name, source, target, executed: execute, passed, sent, partitions });
  else
    output.table(
      COLUMNS,
      partitions.map(({ partition, start, end, next }) => [partition, start, end, next]),
    );
}

function summary(
  { source, target, name, execute }: Plan,
  { passed, sent, stalled }: ReplayOutcome,
  elapsedMs: number,
  isComplete: boolean,
): string {
  const why =
    stalled.length === 0
      ? ""
      : ` Nothing more came from partition ${stalled.join(", ")}: a transaction is open there.`;
  const what = `${sent} of the ${passed} offsets of ${source}`;
  if (!execute) {
    const end = isComplete ? "" : ", and more: it ended before the range did";
    return `Nothing was changed: this was a dry run. --execute sends ${what} to ${target}${end}.${why}`;
  }
  const end = isComplete ? "" : ` It ended before the range did: --resume ${name} goes on.${why}`;
  return `Sent ${what} to ${target} in ${formatDuration(elapsedMs)}.${end}`;
}

function withoutDeleted(name: string): string {
  return `The same command with --resume ${name} --from earliest goes on without them.`;
}

/** What ended the run, and how it is gone on with. */
function explain(error: unknown, { name, execute }: Plan): unknown {
  if (!(error instanceof KafkaError) || !execute) return error;
  if (isOfDeletedRecords(error)) {
    return failed(
      `The replay ended early: the next records were deleted before it came to them (${error.message}). ${withoutDeleted(name)}`,
      error,
    );
  }
  return isFencing(error)
    ? failed(`Another replay has taken over the run ${name}: this one ends, and that one goes on.`, error)
    : failed(
        `The replay ended early: ${error.message}. The same command with --resume ${name} goes on where it was.`,
        error,
      );
}
