/** `orders offsets restore`: brings back what `offsets backup` or a reset has kept. */
import type { Command } from "../command.ts";
import { offsetsIn, readOffsetsFile } from "../offsets-file.ts";
import { resetOffsets, WRITE_OPTIONS } from "../resetting.ts";

export const offsetsRestore: Command = {
  name: "offsets restore",
  summary: "bring back what was kept in a file",
  description: `Sets a group's committed offsets to those in a file that \`offsets backup\` or an earlier reset has written. Partitions that are not in
it stay as they are. Shown first, refused while the group is active, written by one request, the offsets until then kept: as
\`offsets reset\` does.`,
  argument: { name: "FILE", count: "one" },
  options: [
    { name: "group", value: "GROUP", description: "for another group than the file's" },
    ...WRITE_OPTIONS,
  ],
  examples: [
    ["offsets restore before.json", "what would change"],
    ["offsets restore before.json --execute", "do it"],
  ],
  run(given, context) {
    const [path] = given.arguments as [string];
    const file = readOffsetsFile(path);
    const destination = { kind: "kept", offsets: offsetsIn(file) } as const;
    const groupId = given.value("group") ?? file.group;
    return resetOffsets({ groupId, to: `file:${path}`, destination, topics: [] }, given, context);
  },
};
