/**
 * The one way in which a group's offsets are set: shown first, written only when told to, what was there kept in a file before. Both
 * `offsets reset` and `offsets restore` are this.
 */
import type { Admin, TopicDescription, TopicPartition } from "@campus/kafka";
import type { Context, Given, OptionSpec } from "./command.ts";
import { isConfirmed } from "./confirmation.ts";
import type { Connection } from "./connection.ts";
import { type Destination, readTargets } from "./destination.ts";
import { type CommandError, EXIT_CODE, failed, refused, UsageError } from "./exit-code.ts";
import { type Group, readExistingGroup } from "./group.ts";
import { topicsOf } from "./lag.ts";
import { formatMembers } from "./members.ts";
import { formatTime } from "./moment.ts";
import { backupName, offsetsFileOf, writeOffsetsFile } from "./offsets-file.ts";
import type { Output } from "./output.ts";
import { readTimes } from "./record-times.ts";
import { offsetsToWrite, type PlannedOffset, planReset, type ResetPlan } from "./reset-plan.ts";
import type { Cell, Column } from "./table.ts";
import { describeExisting, describeNamed, OffsetTable, partitionsOf, placeOf, readEnds } from "./topics.ts";
import { writeOffsets } from "./write-offsets.ts";

const COLUMNS: readonly Column[] = [
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "OLD", align: "right" },
  { title: "NEW", align: "right" },
  { title: "DIFFERENCE", align: "right" },
  { title: "OLD-TIME" },
  { title: "NEW-TIME" },
];

/** Options of a command that sets offsets. */
export const WRITE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "execute",
    description: "write the offsets; without it nothing is changed. Asks first on a terminal",
  },
  { name: "yes", description: "with --execute: don't ask" },
  {
    name: "backup",
    value: "FILE",
    description:
      "with --execute: where the offsets until now are kept (default: GROUP-TIME.offsets.json in this folder)",
  },
  {
    name: "join",
    description:
      "with --execute on the embedded cluster: write as a member of the group (holds up an active one for a while)",
  },
];

export interface Reset {
  readonly groupId: string;
  /** In the user's words. */
  readonly to: string;
  readonly destination: Destination;
  /** Only these; where none are named, all that the group has committed in. */
  readonly topics: readonly string[];
}

/** Shows what would change, and does it where the command line says so. Returns the exit code. @throws CommandError */
export async function resetOffsets(
  { groupId, to, destination, topics: named }: Reset,
  given: Given,
  { output, brokers, connect }: Context,
): Promise<number> {
  const [execute, join] = [given.flag("execute"), given.flag("join")];
  for (const flag of ["join", "yes", "backup"]) {
    if (given.value(flag) !== undefined && !execute) throw new UsageError(`--${flag} goes with --execute`);
  }
  await using connection = await connect();
  const { admin } = connection;
  const group = await readExistingGroup(connection, groupId);
  if (join && group.state !== null) {
    throw new UsageError("--join is for the embedded cluster: this one takes offsets from outside a group");
  }
  const { plan, moved, topics } = await makePlan(admin, group, destination, named, brokers);
  const rows = await withTimes(connection, plan, topics);
  const isActive = group.members.length > 0;
  if (!output.isJson) output.table(COLUMNS, rows.map(tableRow));
  if (moved.length > 0)
    output.say(`Outside of what is kept, so moved to the nearer end: ${moved.map(placeOf).join(", ")}`);
  const isMeant =
    execute && !isActive && (given.flag("yes") || (await isConfirmed(`Set these offsets for ${groupId}?`)));
  const backup = isMeant ? keep(output, group, given.value("backup")) : undefined;
  const onJoin = () =>
    output.say(`Joining ${groupId} to see whether anybody else is in it: this takes as long as a session.`);
  const how = { execute: isMeant, onJoin: join ? onJoin : undefined };
  const { refusal, executed } = await carryOut(connection, group, plan, how);
  if (output.isJson) {
    const { state, members } = group;
    output.json({
      ...{ group: groupId, state, members: state === null ? null : members, to, executed },
      ...{ backup: backup ?? null, partitions: rows },
    });
  }
  if (refusal) throw refusal;
  const undo = backup === undefined ? "" : ` \`orders offsets restore ${backup}\` goes back.`;
  output.say(executed ? `Set: ${groupId} goes on from these offsets.${undo}` : dryRunNotice(group, execute));
  return EXIT_CODE.ok;
}

/** What was committed until now, in a file, before anything is written. Returns its name; undefined where nothing was. */
function keep(output: Output, { groupId, committed }: Group, named: string | undefined): string | undefined {
  if (committed.length === 0) return undefined;
  const path = named ?? backupName(groupId);
  writeOffsetsFile(path, offsetsFileOf(groupId, committed));
  output.say(`Kept: the offsets until now, in ${path}`);
  return path;
}

interface Row extends PlannedOffset {
  /** Of the record that would be read next, ISO 8601; null at the end of the log. */
  readonly oldTime: string | null;
  readonly newTime: string | null;
}

async function withTimes(
  { admin, kafka }: Connection,
  { offsets }: ResetPlan,
  topics: readonly TopicDescription[],
): Promise<Row[]> {
  const ends = new OffsetTable(await readEnds(admin, topics, "latest"));
  const timesOf = (offsetOf: (planned: PlannedOffset) => number | null) => {
    const places = offsets.flatMap((planned) => {
      const [offset, end] = [offsetOf(planned), ends.at(planned)];
      const { topic, partition } = planned;
      return offset === null || end === null ? [] : [{ topic, partition, offset, end }];
    });
    return readTimes(kafka, places);
  };
  const [oldTimes, newTimes] = await Promise.all([
    timesOf(({ old }) => old),
    timesOf((planned) => planned.new),
  ]);
  return offsets.map((planned) => ({
    ...planned,
    oldTime: formatTime(oldTimes.get(placeOf(planned)) ?? null),
    newTime: formatTime(newTimes.get(placeOf(planned)) ?? null),
  }));
}

interface How {
  readonly execute: boolean;
  /** Told before joining; without it, joining is not allowed. */
  readonly onJoin: (() => void) | undefined;
}

/** Writes the plan if it is to be written and the group is not active. A dry run is refused where the write would be. */
async function carryOut(connection: Connection, group: Group, plan: ResetPlan, { execute, onJoin }: How) {
  if (group.members.length > 0) return { executed: false, refusal: byMembers(group) };
  if (!execute) return { executed: false, refusal: undefined };
  const outcome = await writeOffsets(connection, group, offsetsToWrite(plan), onJoin);
  if (outcome.written) return { executed: true, refusal: undefined };
  const { members, answer } = outcome;
  const refusal =
    members.length > 0 ? byMembers({ ...group, members }) : byAnswer(group, answer, onJoin !== undefined);
  return { executed: false, refusal };
}

function dryRunNotice({ state }: Group, wasAsked: boolean): string {
  if (wasAsked) return "Nothing was changed.";
  const unsure =
    state === null ? " This cluster can't say whether the group is active; the write may be refused." : "";
  return `Nothing was changed: this was a dry run. --execute writes the new offsets.${unsure}`;
}

interface Plan {
  readonly plan: ResetPlan;
  readonly moved: readonly TopicPartition[];
  readonly topics: readonly TopicDescription[];
}

async function makePlan(
  admin: Admin,
  group: Group,
  to: Destination,
  named: readonly string[],
  brokers: string,
): Promise<Plan> {
  const kept = to.kind === "kept" ? to.offsets : group.committed;
  const topics =
    named.length > 0
      ? await describeNamed(admin, named, brokers)
      : await describeExisting(admin, topicsOf({ committed: kept, members: [] }));
  if (topics.length === 0) {
    throw failed(
      `${group.groupId} has committed nothing in any topic: name the topics it is to read with --topic`,
    );
  }
  const { offsets, moved } = await readTargets(admin, topics, group.committed, to);
  // A file speaks of some partitions only, and of all of those it must be possible to say where they would go on.
  const partitions = to.kind === "kept" ? keptIn(to.offsets, named) : partitionsOf(topics);
  const plan = planReset({ partitions, committed: group.committed, targets: offsets });
  if (plan.unknown.length > 0) {
    throw failed(
      `Nothing was changed: there is no such partition, or no leader to ask for the offsets of ${plan.unknown.map(placeOf).join(", ")}`,
    );
  }
  return { plan, moved, topics };
}

function keptIn(offsets: readonly TopicPartition[], named: readonly string[]): TopicPartition[] {
  return offsets
    .filter(({ topic }) => named.length === 0 || named.includes(topic))
    .map(({ topic, partition }) => ({ topic, partition }));
}

function byMembers({ groupId, members }: Group): CommandError {
  return refused(
    `Refused, and nothing was changed: ${groupId} is active. Stop its consumers first:\n${formatMembers(members)}`,
  );
}

function byAnswer({ groupId, state }: Group, answer: string, joined: boolean): CommandError {
  const why =
    state !== null
      ? "Somebody was in it a moment ago: try again."
      : joined
        ? "Others are in it, and this cluster can't name them. Stop its consumers first."
        : "This cluster can't say whether anybody is in it. If all its consumers are stopped, add --join.";
  return refused(
    `Refused, and nothing was changed: Kafka takes no offsets for ${groupId} (${answer}). ${why}`,
  );
}

function tableRow({ topic, partition, old, new: target, difference, oldTime, newTime }: Row): Cell[] {
  const sign = difference !== null && difference > 0 ? "+" : "";
  const tone = difference === 0 ? "faint" : "warning";
  const text = difference === null ? null : `${sign}${difference}`;
  return [topic, partition, old, target, { text, tone }, oldTime, newTime];
}
