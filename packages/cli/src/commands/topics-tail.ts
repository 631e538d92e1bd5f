/** `orders topics tail`: shows records as they come, and goes on until it is told to end. */
import { type ConsumerRecord, createConsumer } from "@campus/kafka";
import type { Command } from "../command.ts";
import type { KafkaAccess } from "../connection.ts";
import { EXIT_CODE, failed } from "../exit-code.ts";
import { wholeNumber } from "../number-option.ts";
import type { Output } from "../output.ts";
import { FILTER_OPTIONS, readFilter } from "../record-filter.ts";
import { previewOf, showRecord } from "../shown-record.ts";
import {
  type Beginning,
  onlyPartitions,
  PARTITION_OPTION,
  readBeginnings,
  readStartingPoint,
  STARTING_OPTIONS,
} from "../starting-point.ts";
import { visible, withTone } from "../table.ts";
import { readRecords } from "../topic-reading.ts";
import { describeNamed } from "../topics.ts";

export const topicsTail: Command = {
  name: "topics tail",
  summary: "show records as they come, with filters",
  description: `Shows the records of a topic from its end on, or from where --from or --since say, until Ctrl-C, --max or, with --once, what is there now
has been shown. Values of JSON and MessagePack are taken apart; with --json each record is one document on a line of its own.

It belongs to no group and commits nothing. Of transactions it shows what was committed. Records of one partition come in their
order, those of several as they were read.`,
  argument: { name: "TOPIC", count: "one" },
  options: [
    ...STARTING_OPTIONS,
    ...FILTER_OPTIONS,
    PARTITION_OPTION,
    { name: "max", value: "N", description: "end after so many records were shown" },
    { name: "once", description: "end when what is there now has been shown" },
  ],
  examples: [
    ["topics tail order-events", "orders as they come"],
    ["topics tail order-events --from end-10 --once", "the last ten of each partition"],
    [
      "topics tail inventory-events --since 10m --key ORDER_ID --json",
      "what became of an order, for programs",
    ],
  ],
  async run(given, { output, brokers, connect, interruption }) {
    const point = readStartingPoint(given.value("from"), given.value("since"), { kind: "latest" });
    const most = wholeNumber(given, "max", 1) ?? Number.POSITIVE_INFINITY;
    const matches = readFilter(given);
    await using connection = await connect();
    const topics = await describeNamed(connection.admin, given.arguments, brokers);
    const beginnings = onlyPartitions(
      await readBeginnings(connection.admin, topics, point),
      given.values("partition"),
    );
    if (beginnings.length === 0) throw failed(`No partition of ${given.arguments[0]} has a leader to ask.`);
    let shown = 0;
    const take = (record: ConsumerRecord): boolean => {
      if (shown < most && matches(record)) {
        shown++;
        print(output, record);
      }
      return shown < most;
    };
    const source = { kafka: connection.kafka, beginnings, interrupted: interruption() };
    await (given.flag("once") ? readWhatIsThere(source, take) : follow(source, take));
    if (shown === 0) output.say("No record was shown.");
    return EXIT_CODE.ok;
  },
};

interface Source {
  readonly kafka: KafkaAccess;
  readonly beginnings: readonly Beginning[];
  readonly interrupted: AbortSignal;
}

/** Gets records until it says that it has enough. */
type Take = (record: ConsumerRecord) => boolean;

async function readWhatIsThere({ kafka, beginnings, interrupted }: Source, take: Take): Promise<void> {
  await readRecords({ kafka, stretches: beginnings, interrupted, onRecord: take });
}

async function follow({ kafka, beginnings, interrupted }: Source, take: Take): Promise<void> {
  let failure: Error | undefined;
  await using consumer = createConsumer({
    ...kafka,
    clientId: "orders",
    groupId: `orders-tail-${crypto.randomUUID()}`,
    partitions: beginnings.map(({ topic, partition, start }) => ({ topic, partition, offset: start })),
    autoOffsetReset: "earliest",
    onLog: () => undefined,
    // Brokers come back, and a tail waits for them. What no waiting helps ends it.
    onError(error) {
      if (!error.fatal) return;
      failure = error;
      void consumer.close();
    },
  });
  const end = () => void consumer.close();
  interrupted.addEventListener("abort", end, { once: true });
  if (interrupted.aborted) return;
  for await (const record of consumer.records()) if (!take(record)) break;
  if (failure) throw failure;
}

function print(output: Output, record: ConsumerRecord): void {
  const shown = showRecord(record);
  if (output.isJson) {
    output.jsonLine(shown);
    return;
  }
  const place = `${shown.topic}/${shown.partition}@${shown.offset}`;
  const head = `${shown.timestamp ?? "-"}  ${place}  ${shown.key === null ? "-" : visible(shown.key)}`;
  output.line(
    `${output.styled ? withTone(head, "faint") : head}  ${visible(previewOf(shown, Number.POSITIVE_INFINITY))}`,
  );
}
