/** `orders dlq redrive`: sends dead letters back to where they came from. */
import { originalHeaders, readDeadLetterHeaders } from "@campus/events";
import {
  type Batch,
  type ConsumerRecord,
  createConsumer,
  createProducer,
  type Producer,
} from "@campus/kafka";
import type { Command } from "../command.ts";
import type { Connection } from "../connection.ts";
import { ALL_LETTERS, findDeadLetterTopic, REDRIVES_HEADER, redrivesOf } from "../dead-letters.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { wholeNumber } from "../number-option.ts";
import { readBeginnings } from "../starting-point.ts";
import { placeOf } from "../topics.ts";

const DEFAULT_MOST_REDRIVES = 3;

/** Its committed offsets say what was sent back already. */
const groupOf = (topic: string) => `orders-redrive.${topic}`;

export const dlqRedrive: Command = {
  name: "dlq redrive",
  summary: "send dead letters back to the topic they came from",
  description: `Sends what lies in a topic of dead letters now back to where it came from, as it was: key, value and headers, and one header more
(${REDRIVES_HEADER}) that counts how often. Each is committed after Kafka has acknowledged it, by the group orders-redrive.TOPIC: a run that is
killed and started again goes on where it was, and may send the last few twice. Who decides orders decides each only once.

A letter that was sent back \`--most\` times (${DEFAULT_MOST_REDRIVES}) and came again is left where it is: it would go round for ever. So is one whose
record was too large to be kept. Both are said, and passed over from then on. To go through all of them again:
\`orders offsets reset orders-redrive.TOPIC --to earliest\`.

Without --execute it is only said what would be sent. TOPIC is the topic of dead letters, or the one they come from.`,
  argument: { name: "TOPIC", count: "one" },
  options: [
    { name: "max", value: "N", description: "at most so many letters in this run" },
    {
      name: "most",
      value: "N",
      description: `leave letters that were sent back so often (default: ${DEFAULT_MOST_REDRIVES})`,
    },
    { name: "execute", description: "send them; without it nothing is changed" },
  ],
  examples: [
    ["dlq redrive order-events", "what would be sent back"],
    ["dlq redrive order-events --execute", "do it"],
  ],
  async run(given, { output, brokers, connect, interruption }) {
    const max = wholeNumber(given, "max", 1) ?? Number.POSITIVE_INFINITY;
    const most = wholeNumber(given, "most", 1) ?? DEFAULT_MOST_REDRIVES;
    await using connection = await connect();
    const { topic } = await findDeadLetterTopic(connection.admin, given.arguments[0]!, brokers);
    const stretches = await openStretches(connection, topic);
    const waiting = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
    const execute = given.flag("execute");
    const job: Job = { ...{ topic, max, most, execute }, interrupted: interruption() };
    const { sent, left } = waiting === 0 ? { sent: 0, left: [] } : await redrive(connection, stretches, job);
    if (output.isJson) output.json({ topic, executed: execute, sent, left });
    for (const { place, why } of left) output.say(`Left: ${place}: ${why}`);
    output.say(
      execute
        ? `Sent back: ${sent} of the letters in ${topic}; left: ${left.length}.`
        : `Nothing was changed: this was a dry run. --execute sends ${sent} letters of ${topic} back and leaves ${left.length}.`,
    );
    return EXIT_CODE.ok;
  },
};

interface Job {
  readonly topic: string;
  readonly max: number;
  readonly most: number;
  readonly execute: boolean;
  readonly interrupted: AbortSignal;
}

interface Outcome {
  sent: number;
  readonly left: { readonly place: string; readonly why: string }[];
}

/** What this group has not been through yet. */
async function openStretches({ admin }: Connection, topic: string) {
  const [description] = await admin.describeTopics([topic]);
  const all = await readBeginnings(admin, [description!], ALL_LETTERS);
  const committed = await admin.groupOffsets(
    groupOf(topic),
    all.map(({ partition }) => ({ topic, partition })),
  );
  return all.map((of) => {
    const offset = committed.find(({ partition }) => partition === of.partition)?.offset ?? -1;
    return { ...of, start: Math.max(of.start, offset) };
  });
}

type Stretch = Awaited<ReturnType<typeof openStretches>>[number];

async function redrive({ kafka }: Connection, stretches: readonly Stretch[], job: Job): Promise<Outcome> {
  const outcome: Outcome = { sent: 0, left: [] };
  const open = new Map(stretches.filter(({ start, end }) => start < end).map((of) => [placeOf(of), of]));
  await using producer = createProducer({ ...kafka, clientId: "orders", onLog: () => undefined });
  await using consumer = createConsumer({
    ...kafka,
    clientId: "orders",
    groupId: groupOf(job.topic),
    // Two runs at once share the letters when they are members of the group. A dry run takes no part in it.
    ...(job.execute
      ? { topics: [job.topic] }
      : {
          partitions: [...open.values()].map(({ partition, start }) => ({
            topic: job.topic,
            partition,
            offset: start,
          })),
        }),
    autoOffsetReset: "earliest",
    onLog: () => undefined,
    onEnd({ topic, partition, offset }) {
      const of = open.get(placeOf({ topic, partition }));
      if (of && offset >= of.end) open.delete(placeOf(of));
      if (open.size === 0) void consumer.close();
    },
  });
  const end = () => void consumer.close();
  job.interrupted.addEventListener("abort", end, { once: true });
  if (job.interrupted.aborted) return outcome;
  for await (const batch of consumer) {
    const of = open.get(placeOf(batch));
    const next = await sendBack(producer, batch, of?.end ?? 0, job, outcome);
    if (job.execute && next > batch.firstOffset) {
      await consumer.commit([{ topic: batch.topic, partition: batch.partition, offset: next }]);
    }
    if (of && next >= of.end) open.delete(placeOf(batch));
    if (open.size === 0 || outcome.sent >= job.max) break;
  }
  return outcome;
}

/** Returns the offset up to which the batch is dealt with: all of it sent and acknowledged, or left. */
async function sendBack(
  producer: Producer,
  batch: Batch,
  end: number,
  { max, most, execute }: Job,
  outcome: Outcome,
): Promise<number> {
  const sending: Promise<unknown>[] = [];
  let next = batch.firstOffset;
  for (const record of batch) {
    if (record.offset >= end || outcome.sent >= max) break;
    const why = whyNot(record, most);
    if (why !== undefined) outcome.left.push({ place: `${placeOf(record)}@${record.offset}`, why });
    else {
      outcome.sent++;
      if (execute) sending.push(sendOne(producer, record));
    }
    next = record.offset + 1;
  }
  await Promise.all(sending);
  return next;
}

function whyNot(record: ConsumerRecord, most: number): string | undefined {
  const origin = readDeadLetterHeaders(record.headers);
  if (!origin) return "its headers don't say where it comes from";
  if (origin.omittedBytes !== null) return `its ${origin.omittedBytes} bytes were too large to be kept here`;
  const redrives = redrivesOf(record.headers);
  return redrives >= most ? `sent back ${redrives} times, and came again` : undefined;
}

function sendOne(producer: Producer, record: ConsumerRecord): Promise<unknown> {
  const { topic } = readDeadLetterHeaders(record.headers)!;
  const headers = [
    ...originalHeaders(record.headers).filter(([name]) => name !== REDRIVES_HEADER),
    [REDRIVES_HEADER, String(redrivesOf(record.headers) + 1)] as const,
  ];
  return producer.send(topic, { key: record.key, value: record.value, headers });
}
