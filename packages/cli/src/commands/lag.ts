/** `orders lag`: what groups have committed, where the logs end, and what lies between. */
import type { Admin } from "@campus/kafka";
import type { Command, Context } from "../command.ts";
import { type CommandError, EXIT_CODE } from "../exit-code.ts";
import { type Group, noSuchGroup, readGroup } from "../group.ts";
import { lagOf, type PartitionLag, topicsOf, totalLag } from "../lag.ts";
import type { Output } from "../output.ts";
import type { Cell, Column } from "../table.ts";
import { describeExisting, partitionsOf, placeOf, readEnds } from "../topics.ts";

/** The groups of this project's own services. */
const DEFAULT_GROUPS = ["inventory-group", "analytics-group"];

export const lag: Command = {
  name: "lag",
  summary: "how far consumer groups are behind, a row a partition",
  description: `Shows for each partition what a group has committed, where the log ends and what lies between, for any group of any cluster.
Without a GROUP: ${DEFAULT_GROUPS.join(" and ")}.

Partitions of a topic that the group reads are listed even if it has committed nothing there: their lag is unknown (-), because
where the group will begin is a setting of its consumers, and they are not in the total.`,
  argument: { name: "GROUP", count: "any" },
  options: [],
  examples: [
    ["lag", "both groups of the order system"],
    ["lag analytics-group --json | jq .lag", "the total as a number"],
    ["lag my-group --brokers kafka.example:9092", "a group of another cluster"],
  ],
  async run(given, context) {
    const groupIds = given.arguments.length > 0 ? [...new Set(given.arguments)] : DEFAULT_GROUPS;
    await using connection = await context.connect();
    const { admin, brokers } = connection;
    const groups: GroupLag[] = [];
    const missing: CommandError[] = [];
    for (const groupId of groupIds) {
      const group = await readGroup(admin, groupId);
      if (group) groups.push(await withLag(admin, group));
      else missing.push(await noSuchGroup(admin, groupId, brokers));
    }
    if (context.output.isJson) context.output.json(toDocument(groups));
    else if (groups.length > 0) context.output.table(COLUMNS, groups.flatMap(tableRows));
    for (const group of groups) say(group, context);
    for (const { message } of missing) context.output.say(message);
    return missing.length > 0 ? EXIT_CODE.failed : EXIT_CODE.ok;
  },
};

interface GroupLag extends Group {
  readonly partitions: readonly PartitionLag[];
}

/** The ends are read after the commits, so that a group that goes on meanwhile is never ahead of the log. */
async function withLag(admin: Admin, group: Group): Promise<GroupLag> {
  const topics = await describeExisting(admin, topicsOf(group));
  const ends = await readEnds(admin, topics, "latest");
  return { ...group, partitions: lagOf({ ...group, partitions: partitionsOf(topics), ends }) };
}

const COLUMNS: readonly Column[] = [
  { title: "GROUP" },
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "COMMITTED", align: "right" },
  { title: "END", align: "right" },
  { title: "LAG", align: "right" },
  { title: "CLIENT" },
  { title: "CONSUMER" },
];

function tableRows({ groupId, partitions }: GroupLag): Cell[][] {
  const rows = partitions.map(({ topic, partition, committed, end, lag, clientId, memberId }): Cell[] => [
    groupId,
    topic,
    partition,
    committed,
    end,
    lagCell(lag),
    clientId,
    memberId,
  ]);
  return [
    ...rows,
    [groupId, { text: "total", tone: "strong" }, "", "", "", lagCell(totalLag(partitions)), "", ""],
  ];
}

function lagCell(lag: number | null): Cell {
  if (lag === null) return lag;
  return { text: lag, tone: lag === 0 ? "good" : lag > 0 ? "warning" : "bad" };
}

function toDocument(groups: readonly GroupLag[]) {
  return {
    groups: groups.map(({ groupId, state, members, partitions }) => ({
      group: groupId,
      state,
      members: state === null ? null : members,
      lag: totalLag(partitions),
      partitions,
    })),
    lag: groups.reduce((sum, { partitions }) => sum + totalLag(partitions), 0),
  };
}

/** What the rows don't say: whether anybody reads, and what is odd. */
function say(
  { groupId, state, members, partitions }: GroupLag,
  { output }: { output: Output } & Partial<Context>,
) {
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
