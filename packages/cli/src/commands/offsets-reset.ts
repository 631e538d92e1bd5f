/** `orders offsets reset`: sets where a group goes on. It shows what would change, and writes only when told to. */
import type { Admin, TopicPartition } from "@campus/kafka";
import type { Command } from "../command.ts";
import type { Connection } from "../connection.ts";
import { DESTINATIONS, type Destination, readDestination, readTargets } from "../destination.ts";
import { type CommandError, EXIT_CODE, failed, refused, UsageError } from "../exit-code.ts";
import { type Group, noSuchGroup, readGroup } from "../group.ts";
import { topicsOf } from "../lag.ts";
import { formatMembers } from "../members.ts";
import type { Output } from "../output.ts";
import { offsetsToWrite, type PlannedOffset, planReset, type ResetPlan } from "../reset-plan.ts";
import type { Cell, Column } from "../table.ts";
import { describeExisting, describeNamed, partitionsOf, placeOf } from "../topics.ts";
import { writeOffsets } from "../write-offsets.ts";

const COLUMNS: readonly Column[] = [
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "OLD", align: "right" },
  { title: "NEW", align: "right" },
  { title: "DIFFERENCE", align: "right" },
];

export const offsetsReset: Command = {
  name: "offsets reset",
  summary: "set where a group goes on: replay what is kept, skip, or go to a time",
  description: `Sets a group's committed offsets, in all partitions of all topics that the group has committed in, or of the topics named.
All of them are written by one request. WHERE is
${DESTINATIONS.map(([word, what]) => `  ${word.padEnd(22)}  ${what}`).join("\n")}
What lies outside a partition's log is moved to its nearer end, and said.

A dry run unless --execute is given: it shows what would change and changes nothing. Either way an active group is refused, with its
members named (exit code 4): stop its consumers first. A consumer that was killed counts as a member until its session times out.

The embedded cluster can't say who is in a group. There the refusal is the broker's own answer to --execute, which it gives for every
group that has ever had members; with --join this command becomes a member itself, and writes if it is the only one.`,
  argument: { name: "GROUP", count: "one" },
  options: [
    {
      name: "to",
      value: "WHERE",
      required: true,
      description: "where the group is to go on",
    },
    {
      name: "topic",
      value: "TOPIC",
      repeatable: true,
      description: "only this topic (default: all that the group has committed in)",
    },
    { name: "execute", description: "write the offsets; without it nothing is changed" },
    {
      name: "join",
      description:
        "with --execute on the embedded cluster: write as a member of the group (holds up an active one for a while)",
    },
  ],
  examples: [
    ["offsets reset analytics-group --to earliest", "what a replay of everything would change"],
    ["offsets reset analytics-group --to earliest --execute", "do it"],
    ["offsets reset analytics-group --to 15m", "what would be read again from a quarter of an hour ago"],
    [
      "offsets reset my-group --to=-100 --topic order-events --execute",
      "the last hundred records of each partition again",
    ],
    [
      "offsets reset my-group --to latest --topic order-events --execute",
      "skip what is waiting in one topic",
    ],
  ],
  async run(given, { output, brokers, connect }) {
    const [groupId] = given.arguments as [string];
    const to = given.value("to")!;
    const destination = readDestination(to);
    const [execute, join] = [given.flag("execute"), given.flag("join")];
    if (join && !execute) throw new UsageError("--join goes with --execute");
    await using connection = await connect();
    const { admin } = connection;
    const group = await readGroup(admin, groupId);
    if (!group) throw await noSuchGroup(admin, groupId, brokers);
    if (join && group.state !== null) {
      throw new UsageError("--join is for the embedded cluster: this one takes offsets from outside a group");
    }
    const { plan, moved } = await makePlan(admin, group, destination, given.values("topic"), brokers);
    const onJoin = () =>
      output.say(`Joining ${groupId} to see whether anybody else is in it: this takes as long as a session.`);
    const how = { execute, onJoin: join ? onJoin : undefined };
    const { refusal, executed } = await carryOut(connection, group, plan, how);
    print(output, { group, to, plan, executed });
    if (moved.length > 0)
      output.say(`Outside of what is kept, so moved to the nearer end: ${moved.map(placeOf).join(", ")}`);
    if (refusal) throw refusal;
    output.say(executed ? `Set: ${groupId} goes on from these offsets.` : dryRunNotice(group));
    return EXIT_CODE.ok;
  },
};

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

function dryRunNotice({ state }: Group): string {
  const unsure =
    state === null ? " This cluster can't say whether the group is active; the write may be refused." : "";
  return `Nothing was changed: this was a dry run. --execute writes the new offsets.${unsure}`;
}

async function makePlan(
  admin: Admin,
  group: Group,
  to: Destination,
  named: readonly string[],
  brokers: string,
): Promise<{ readonly plan: ResetPlan; readonly moved: readonly TopicPartition[] }> {
  const topics =
    named.length > 0
      ? await describeNamed(admin, named, brokers)
      : await describeExisting(admin, topicsOf({ committed: group.committed, members: [] }));
  if (topics.length === 0) {
    throw failed(
      `${group.groupId} has committed nothing in any topic: name the topics it is to read with --topic`,
    );
  }
  const { offsets, moved } = await readTargets(admin, topics, group.committed, to);
  const plan = planReset({ partitions: partitionsOf(topics), committed: group.committed, targets: offsets });
  if (plan.unknown.length > 0) {
    throw failed(
      `Nothing was changed: no leader can be asked for the offsets of ${plan.unknown.map(placeOf).join(", ")}`,
    );
  }
  return { plan, moved };
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

interface Printed {
  readonly group: Group;
  /** As it was given. */
  readonly to: string;
  readonly plan: ResetPlan;
  readonly executed: boolean;
}

function print(output: Output, { group, to, plan, executed }: Printed): void {
  if (!output.isJson) {
    output.table(COLUMNS, plan.offsets.map(tableRow));
    return;
  }
  const { groupId, state, members } = group;
  output.json({
    group: groupId,
    state,
    members: state === null ? null : members,
    to,
    executed,
    partitions: plan.offsets,
  });
}

function tableRow({ topic, partition, old, new: target, difference }: PlannedOffset): Cell[] {
  const sign = difference !== null && difference > 0 ? "+" : "";
  const tone = difference === 0 ? "faint" : "warning";
  const text = difference === null ? null : `${sign}${difference}`;
  return [topic, partition, old, target, { text, tone }];
}
