/** `orders topics sample`: what the records of a topic are like, from places all over it. */
import type { Command } from "../command.ts";
import { EXIT_CODE, failed } from "../exit-code.ts";
import { wholeNumber } from "../number-option.ts";
import { type Sampled, sampleRecords, summarize } from "../sampling.ts";
import { previewOf } from "../shown-record.ts";
import { readBeginnings, readStartingPoint, STARTING_OPTIONS } from "../starting-point.ts";
import type { Column } from "../table.ts";
import { describeNamed } from "../topics.ts";

const COLUMNS: readonly Column[] = [
  { title: "PARTITION", align: "right" },
  { title: "OFFSET", align: "right" },
  { title: "TIME" },
  { title: "KEY" },
  { title: "BYTES", align: "right" },
  { title: "VALUE" },
];

const DEFAULT_COUNT = 20;

export const topicsSample: Command = {
  name: "topics sample",
  summary: "a few records from all over a topic, and what they are like",
  description: `Shows records from places spread evenly over what the topic holds, or over what it holds from --from or --since on, and how large
they are, how they are written and whether they have keys.`,
  argument: { name: "TOPIC", count: "one" },
  options: [
    ...STARTING_OPTIONS,
    { name: "count", value: "N", description: `how many records (default: ${DEFAULT_COUNT})` },
  ],
  examples: [
    ["topics sample order-events", "twenty records from all over"],
    ["topics sample order-events --since 1h --count 5 --json", "five of the last hour, for programs"],
  ],
  async run(given, { output, brokers, connect, interruption }) {
    const count = wholeNumber(given, "count", 1) ?? DEFAULT_COUNT;
    const point = readStartingPoint(given.value("from"), given.value("since"), { kind: "earliest" });
    await using connection = await connect();
    const topics = await describeNamed(connection.admin, given.arguments, brokers);
    const beginnings = await readBeginnings(connection.admin, topics, point);
    const sampled = await sampleRecords(connection.kafka, beginnings, count, interruption());
    if (sampled.length === 0) throw failed(`There is no record to show in ${given.arguments[0]}.`);
    const summary = summarize(sampled);
    if (output.isJson) output.json({ topic: given.arguments[0], summary, records: sampled });
    else output.table(COLUMNS, sampled.map(tableRow));
    const { bytes, encodings, distinctKeys, withoutKey } = summary;
    const written = Object.entries(encodings).map(([encoding, of]) => `${of} ${encoding}`);
    output.say(
      `${sampled.length} records: ${bytes.least} to ${bytes.most} bytes, ${bytes.mean} on average; ${written.join(", ")}; ` +
        `${distinctKeys} different keys, ${withoutKey} without one`,
    );
    return EXIT_CODE.ok;
  },
};

function tableRow(sampled: Sampled) {
  const { partition, offset, timestamp, key, bytes } = sampled;
  return [partition, offset, timestamp, key, bytes, previewOf(sampled)];
}
