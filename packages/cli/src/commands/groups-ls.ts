/** `orders groups ls`: the consumer groups of a cluster. */
import type { Command } from "../command.ts";
import { EXIT_CODE, failed } from "../exit-code.ts";
import { isUnsupported } from "../group.ts";
import type { Cell, Column } from "../table.ts";

const COLUMNS: readonly Column[] = [
  { title: "GROUP" },
  { title: "STATE" },
  { title: "MEMBERS", align: "right" },
  { title: "PROTOCOL" },
];

export const groupsLs: Command = {
  name: "groups ls",
  summary: "the consumer groups of the cluster",
  description: `Lists all groups with their state, in Kafka's words (Stable, Empty, PreparingRebalance, …), how many members they have, and whether
they use the classic protocol or that of KIP-848 (Consumer).`,
  options: [],
  examples: [
    ["groups ls", "all groups"],
    ["groups ls --json | jq -r '.groups[] | select(.state == \"Empty\").group'", "those nobody reads for"],
  ],
  async run(_given, { output, connect }) {
    await using connection = await connect();
    const { admin } = connection;
    const listed = await admin.listGroups().catch((error) => {
      throw isUnsupported(error)
        ? failed("This cluster can't list groups, as the embedded one can't.")
        : error;
    });
    const names = listed.map(({ groupId }) => groupId).sort();
    const described = names.length === 0 ? [] : await admin.describeGroups(names);
    const groups = described.map(({ groupId, state, members, type }) => {
      return { group: groupId, state, members: members.length, protocol: type };
    });
    if (output.isJson) output.json({ groups });
    else if (groups.length === 0) output.say("There are no groups.");
    else
      output.table(
        COLUMNS,
        groups.map(({ group, state, members, protocol }): Cell[] => [group, state, members, protocol]),
      );
    return EXIT_CODE.ok;
  },
};
