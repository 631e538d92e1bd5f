/** `orders groups describe`: who is in a group, and what they read. */
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { readExistingGroup } from "../group.ts";
import { formatAssignment } from "../members.ts";
import type { Cell, Column } from "../table.ts";

const COLUMNS: readonly Column[] = [
  { title: "CONSUMER" },
  { title: "CLIENT" },
  { title: "HOST" },
  { title: "INSTANCE" },
  { title: "PARTITIONS" },
];

export const groupsDescribe: Command = {
  name: "groups describe",
  summary: "who is in a group, and which partitions they read",
  description: `Shows the members of a group, a row each: the id that the coordinator gave them, their client.id, the address they connect from,
their group.instance.id if they are static, and their partitions. How far they are behind: lag.`,
  argument: { name: "GROUP", count: "one" },
  options: [],
  examples: [
    ["groups describe inventory-group", "one group"],
    ["groups describe inventory-group --json | jq '.members | length'", "how many members it has"],
  ],
  async run(given, { output, connect }) {
    const [groupId] = given.arguments as [string];
    await using connection = await connect();
    const group = await readExistingGroup(connection, groupId);
    const { state, members, committed } = group;
    if (output.isJson)
      output.json({ group: groupId, state, members: state === null ? null : members, committed });
    else if (members.length > 0)
      output.table(
        COLUMNS,
        members.map(({ memberId, clientId, host, groupInstanceId, assignment }): Cell[] => [
          memberId,
          clientId,
          host,
          groupInstanceId,
          formatAssignment(assignment),
        ]),
      );
    if (state === null) output.say(`${groupId}: this cluster can't say who is in it`);
    else
      output.say(
        `${groupId}: ${state}, ${members.length === 0 ? "nobody reads for it" : `${members.length} in it`}`,
      );
    return EXIT_CODE.ok;
  },
};
