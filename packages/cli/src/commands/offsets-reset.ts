/** `orders offsets reset`: sets where a group goes on. It shows what would change, and writes only when told to. */
import type { Command } from "../command.ts";
import { DESTINATIONS, readDestination } from "../destination.ts";
import { resetOffsets, WRITE_OPTIONS } from "../resetting.ts";

export const offsetsReset: Command = {
  name: "offsets reset",
  summary: "set where a group goes on: replay what is kept, skip, or go to a time",
  description: `Sets a group's committed offsets, in all partitions of all topics that the group has committed in, or of the topics named.
All of them are written by one request. WHERE is
${DESTINATIONS.map(([word, what]) => `  ${word.padEnd(22)}  ${what}`).join("\n")}
What lies outside a partition's log is moved to its nearer end, and said.

A dry run unless --execute is given: it shows what would change, with the times of the records that would be read next, and changes nothing.
What was committed until then is kept in a file before anything is written. Either way an active group is refused, with its
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
    ...WRITE_OPTIONS,
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
  run(given, context) {
    const to = given.value("to")!;
    return resetOffsets(
      { groupId: given.arguments[0]!, to, destination: readDestination(to), topics: given.values("topic") },
      given,
      context,
    );
  },
};
