/** `orders dlq ls`: what lies among the dead letters, and why. */
import type { Command } from "../command.ts";
import { ALL_LETTERS, deadLetterTopics, LetterHistogram, showLetter } from "../dead-letters.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { readBeginnings } from "../starting-point.ts";
import type { Column } from "../table.ts";
import { readRecords } from "../topic-reading.ts";
import { describeExisting } from "../topics.ts";

const COLUMNS: readonly Column[] = [
  { title: "TOPIC" },
  { title: "GROUP" },
  { title: "REASON" },
  { title: "COUNT", align: "right" },
  { title: "SHARE" },
  { title: "FIRST" },
  { title: "LAST" },
  { title: "SUCH-AS" },
];

const BAR = 20;

export const dlqLs: Command = {
  name: "dlq ls",
  summary: "dead letters by topic and reason",
  description: `Reads every topic of dead letters (their names end in .dlq) and counts what lies there by the group that gave up on it and the class of
the error, the most frequent first. What was sent back or is older than the topic keeps is not in them any more once it is purged.`,
  options: [],
  examples: [
    ["dlq ls", "the histogram"],
    ["dlq ls --json | jq .letters", "how many there are"],
  ],
  async run(_, { output, connect, interruption }) {
    await using connection = await connect();
    const { admin, kafka } = connection;
    const topics = await describeExisting(admin, await deadLetterTopics(admin));
    const histogram = new LetterHistogram();
    let letters = 0;
    await readRecords({
      kafka,
      stretches: await readBeginnings(admin, topics, ALL_LETTERS),
      interrupted: interruption(),
      onRecord(record) {
        letters++;
        histogram.take(showLetter(record));
      },
    });
    const counts = histogram.counts();
    if (output.isJson) output.json({ letters, counts });
    else if (letters > 0) {
      const rows = counts.map(({ topic, group, errorClass, message, count, first, last }) => {
        const reason = errorClass ?? "(not a dead letter)";
        const bar = "█".repeat(Math.max(1, Math.round((BAR * count) / letters)));
        return [topic, group, reason, count, bar, first, last, message];
      });
      output.table(COLUMNS, rows);
    }
    const where = topics.map(({ topic }) => topic).join(", ") || "no topic whose name ends in .dlq";
    output.say(`${letters} dead letters in ${where}`);
    return EXIT_CODE.ok;
  },
};
