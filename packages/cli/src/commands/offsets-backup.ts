/** `orders offsets backup`: keeps what a group has committed in a file. */
import type { Command } from "../command.ts";
import { EXIT_CODE, failed } from "../exit-code.ts";
import { readExistingGroup } from "../group.ts";
import { backupName, offsetsFileOf, writeOffsetsFile } from "../offsets-file.ts";

export const offsetsBackup: Command = {
  name: "offsets backup",
  summary: "keep what a group has committed in a file",
  description: `Writes all that a group has committed into a file, which \`offsets restore\` brings back. The group may be active: what is kept is then
what was committed at one moment, and work goes on from there. No file is written over.`,
  argument: { name: "GROUP", count: "one" },
  options: [
    { name: "out", value: "FILE", description: "where to (default: GROUP-TIME.offsets.json in this folder)" },
  ],
  examples: [["offsets backup analytics-group --out before.json", "into a file of that name"]],
  async run(given, { output, connect }) {
    const [groupId] = given.arguments as [string];
    await using connection = await connect();
    const group = await readExistingGroup(connection, groupId);
    if (group.committed.length === 0)
      throw failed(`${groupId} has committed nothing: there is nothing to keep.`);
    const path = given.value("out") ?? backupName(groupId);
    const file = offsetsFileOf(groupId, group.committed);
    writeOffsetsFile(path, file);
    if (output.isJson) output.json({ file: path, ...file });
    output.say(`Kept: ${groupId} in ${file.offsets.length} partitions, in ${path}`);
    return EXIT_CODE.ok;
  },
};
