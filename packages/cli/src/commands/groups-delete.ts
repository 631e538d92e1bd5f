/** `orders groups delete`: forgets what a group has committed. */
import type { Command } from "../command.ts";
import { EXIT_CODE, failed, refused } from "../exit-code.ts";
import { readExistingGroup } from "../group.ts";
import { formatMembers } from "../members.ts";

export const groupsDelete: Command = {
  name: "groups delete",
  summary: "forget a group and what it has committed",
  description: `Deletes a group with all its offsets: whoever reads for it next begins where its consumers' settings say. It can't be taken back,
so without --execute it is only said what would be forgotten. An active group is refused, with its members named (exit code 4).`,
  argument: { name: "GROUP", count: "one" },
  options: [{ name: "execute", description: "delete it; without it nothing is changed" }],
  examples: [
    ["groups delete old-group", "what would be forgotten"],
    ["groups delete old-group --execute", "do it"],
  ],
  async run(given, { output, connect }) {
    const [groupId] = given.arguments as [string];
    await using connection = await connect();
    const { admin } = connection;
    const group = await readExistingGroup(connection, groupId);
    const { members, committed } = group;
    if (members.length > 0)
      throw refused(
        `Refused, and nothing was changed: ${groupId} is active. Stop its consumers first:\n${formatMembers(members)}`,
      );
    const execute = given.flag("execute");
    if (execute) {
      const error = (await admin.deleteGroups([groupId])).get(groupId);
      if (error?.name === "NON_EMPTY_GROUP")
        throw refused(`Refused, and nothing was changed: somebody has joined ${groupId} a moment ago.`);
      if (error) throw failed(`${groupId} was not deleted: ${error.message}`, error);
    }
    if (output.isJson) output.json({ group: groupId, deleted: execute, committed });
    const partitions = `${committed.length} ${committed.length === 1 ? "partition" : "partitions"}`;
    output.say(
      execute
        ? `Deleted: ${groupId}, with its offsets in ${partitions}.`
        : `Nothing was changed: this was a dry run. --execute forgets ${groupId} with its offsets in ${partitions}.`,
    );
    return EXIT_CODE.ok;
  },
};
