/** `orders dlq show`: single dead letters, with where they come from and what was wrong. */
import type { Command } from "../command.ts";
import { ALL_LETTERS, findDeadLetterTopic, type ShownLetter, showLetter } from "../dead-letters.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { wholeNumber } from "../number-option.ts";
import { previewOf } from "../shown-record.ts";
import { readBeginnings } from "../starting-point.ts";
import type { Cell, Column } from "../table.ts";
import { readRecords } from "../topic-reading.ts";

const COLUMNS: readonly Column[] = [
  { title: "PARTITION", align: "right" },
  { title: "OFFSET", align: "right" },
  { title: "CAME-FROM" },
  { title: "GROUP" },
  { title: "REASON" },
  { title: "TRIED", align: "right" },
  { title: "SENT-BACK", align: "right" },
  { title: "KEY" },
  { title: "VALUE" },
];

const DEFAULT_MAX = 20;

export const dlqShow: Command = {
  name: "dlq show",
  summary: "the last dead letters of a topic, whole",
  description: `Shows the last dead letters of a topic: where each comes from, which group gave up on it and why, and the record itself as it was.
TOPIC is the topic of dead letters, or the one they come from. With --json also all headers, and what was too large to be kept.`,
  argument: { name: "TOPIC", count: "one" },
  options: [
    { name: "max", value: "N", description: `at most so many, the last ones (default: ${DEFAULT_MAX})` },
  ],
  examples: [
    ["dlq show order-events", "the last twenty"],
    ["dlq show order-events --max 1 --json", "the last one, whole"],
  ],
  async run(given, { output, brokers, connect, interruption }) {
    const most = wholeNumber(given, "max", 1) ?? DEFAULT_MAX;
    await using connection = await connect();
    const { admin, kafka } = connection;
    const topic = await findDeadLetterTopic(admin, given.arguments[0]!, brokers);
    let letters: ShownLetter[] = [];
    const all = await readBeginnings(admin, [topic], ALL_LETTERS);
    await readRecords({
      kafka,
      stretches: all.map((of) => ({ ...of, start: Math.max(of.start, of.end - most) })),
      interrupted: interruption(),
      onRecord: (record) => letters.push(showLetter(record)),
    });
    letters = letters.sort((a, b) => (a.timestamp ?? "").localeCompare(b.timestamp ?? "")).slice(-most);
    const total = all.reduce((sum, { start, end }) => sum + end - start, 0);
    if (output.isJson) output.json({ topic: topic.topic, letters });
    else if (letters.length > 0) output.table(COLUMNS, letters.map(tableRow));
    output.say(`${letters.length} of ${total} in ${topic.topic}`);
    return EXIT_CODE.ok;
  },
};

function tableRow(letter: ShownLetter): Cell[] {
  const { partition, offset, key, origin, redrives } = letter;
  const value =
    origin?.omittedBytes === null || origin === null
      ? previewOf(letter)
      : `(${origin.omittedBytes} bytes, too large to be kept here)`;
  if (!origin) return [partition, offset, null, null, "(not a dead letter)", null, redrives, key, value];
  const from = `${origin.topic}/${origin.partition}@${origin.offset}`;
  const reason = `${origin.errorClass}: ${origin.errorMessage}`;
  return [partition, offset, from, origin.group, reason, origin.attempts, redrives, key, value];
}
