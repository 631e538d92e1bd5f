/** `orders dlq purge`: deletes dead letters nobody needs any more. */
import type { Command } from "../command.ts";
import { ALL_LETTERS, findDeadLetterTopic } from "../dead-letters.ts";
import { atTime } from "../destination.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { readBeginnings, readWhen } from "../starting-point.ts";
import type { Column } from "../table.ts";
import { OffsetTable } from "../topics.ts";

const COLUMNS: readonly Column[] = [
  { title: "TOPIC" },
  { title: "PARTITION", align: "right" },
  { title: "FIRST", align: "right" },
  { title: "NEW-FIRST", align: "right" },
  { title: "LETTERS", align: "right" },
];

export const dlqPurge: Command = {
  name: "dlq purge",
  summary: "delete dead letters that nobody needs any more",
  description: `Deletes the dead letters of a topic up to now, or those from before a time. Records are deleted from the front of each partition
(KIP-107), for good. Without --execute it is only said what would go. TOPIC is the topic of dead letters, or the one they come from.`,
  argument: { name: "TOPIC", count: "one" },
  options: [
    {
      name: "before",
      value: "WHEN",
      description: "only those older than a time, or than so long before now (7d)",
    },
    { name: "execute", description: "delete them; without it nothing is changed" },
  ],
  examples: [
    ["dlq purge order-events --before 7d", "what would go"],
    ["dlq purge order-events --before 7d --execute", "do it"],
  ],
  async run(given, { output, brokers, connect }) {
    const before = given.value("before");
    const beforeMs = before === undefined ? undefined : readWhen("--before", before);
    await using connection = await connect();
    const { admin } = connection;
    const topic = await findDeadLetterTopic(admin, given.arguments[0]!, brokers);
    const firstNew =
      beforeMs === undefined ? undefined : new OffsetTable(await atTime(admin, [topic], beforeMs));
    const plan = (await readBeginnings(admin, [topic], ALL_LETTERS)).map(({ partition, start, end }) => {
      const to = firstNew ? (firstNew.at({ topic: topic.topic, partition }) ?? end) : end;
      return { topic: topic.topic, partition, first: start, newFirst: to, letters: Math.max(0, to - start) };
    });
    const doomed = plan.filter(({ letters }) => letters > 0);
    const total = doomed.reduce((sum, { letters }) => sum + letters, 0);
    const execute = given.flag("execute");
    if (execute && doomed.length > 0) {
      await admin.deleteRecords(
        doomed.map(({ partition, newFirst }) => ({ topic: topic.topic, partition, offset: newFirst })),
      );
    }
    if (output.isJson)
      output.json({ topic: topic.topic, executed: execute, letters: total, partitions: plan });
    else {
      output.table(
        COLUMNS,
        plan.map((of) => [of.topic, of.partition, of.first, of.newFirst, of.letters]),
      );
    }
    output.say(
      execute
        ? `Deleted: what lay at ${total} offsets of ${topic.topic}.`
        : "Nothing was changed: this was a dry run. --execute deletes them for good.",
    );
    return EXIT_CODE.ok;
  },
};
