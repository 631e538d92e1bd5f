/** `orders order`: everything the topics know of one order, on a time line. */
import { deadLetterTopic, decodeEvent, EVENT_TOPICS, readDeadLetterHeaders } from "@campus/events";
import type { ConsumerRecord } from "@campus/kafka";
import type { Command } from "../command.ts";
import { EXIT_CODE, failed } from "../exit-code.ts";
import { formatDuration } from "../moment.ts";
import { previewOf, type ShownRecord, showBytes, showRecord } from "../shown-record.ts";
import {
  readBeginnings,
  readStartingPoint,
  STARTING_OPTIONS,
  type StartingPoint,
} from "../starting-point.ts";
import type { Cell, Column } from "../table.ts";
import { readRecords } from "../topic-reading.ts";
import { describeExisting } from "../topics.ts";

const COLUMNS: readonly Column[] = [
  { title: "TIME" },
  { title: "AFTER", align: "right" },
  { title: "EVENT" },
  { title: "WHERE" },
  { title: "WHAT" },
];

const TOPICS = [...EVENT_TOPICS, ...EVENT_TOPICS.map(deadLetterTopic)];

/** Clocks differ, and a request may wait before it is written. */
const BEFORE_ITS_TIME_MS = 5 * 60_000;

export const order: Command = {
  name: "order",
  summary: "one order's events on a time line",
  description: `Looks for an order in ${EVENT_TOPICS.join(", ")} and their dead letters: when it was placed, what was decided, whether it was set aside.
An id that carries its time (UUIDv7, as the producer gives) is looked for from then on; any other from the first record that is
kept, or from where --from or --since say. Exit code 1 where there is no trace of it.`,
  argument: { name: "ORDER_ID", count: "one" },
  options: STARTING_OPTIONS,
  examples: [["order 019a5b1c-…", "its time line"]],
  async run(given, { output, brokers, connect, interruption }) {
    const [orderId] = given.arguments as [string];
    const point = readStartingPoint(given.value("from"), given.value("since"), startFor(orderId));
    await using connection = await connect();
    const topics = await describeExisting(connection.admin, TOPICS);
    const stretches = await readBeginnings(connection.admin, topics, point);
    const moments: Moment[] = [];
    await readRecords({
      kafka: connection.kafka,
      stretches,
      interrupted: interruption(),
      onRecord(record) {
        if (showBytes(record.key) === orderId) moments.push(momentOf(record));
      },
    });
    if (moments.length === 0) {
      throw failed(`There is no trace of the order "${orderId}" at ${brokers} in ${TOPICS.join(", ")}.`);
    }
    moments.sort((a, b) => (a.timestamp ?? "").localeCompare(b.timestamp ?? ""));
    const placed = moments.filter(({ event }) => event === "OrderPlaced").length;
    const decisions = moments.filter(({ event }) => event.startsWith("Inventory")).length;
    if (output.isJson) output.json({ orderId, decisions, events: moments });
    else
      output.table(
        COLUMNS,
        moments.map((moment) => tableRow(moment, moments[0]!)),
      );
    if (placed === 0) output.say("It was never placed here: its own event is missing.");
    if (decisions === 0) output.say("Not decided yet.");
    if (decisions > 1) output.say(`Decided ${decisions} times: that should never be. See \`orders verify\`.`);
    return EXIT_CODE.ok;
  },
};

interface Moment extends ShownRecord {
  /** The event's type, `dead letter`, or `not an event`. */
  readonly event: string;
  readonly what: string;
}

/** UUIDv7 begins with its time, 48 bits of milliseconds (RFC 9562, 5.7). */
function startFor(orderId: string): StartingPoint {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/i.exec(orderId) ?? [];
  if (high === undefined) return { kind: "earliest" };
  return { kind: "time", timestampMs: Number.parseInt(high + low!, 16) - BEFORE_ITS_TIME_MS };
}

function momentOf(record: ConsumerRecord): Moment {
  const shown = showRecord(record);
  const letter = readDeadLetterHeaders(record.headers);
  if (letter) {
    const { group, errorMessage, attempts } = letter;
    return { ...shown, event: "dead letter", what: `${group}: ${errorMessage} (tried ${attempts} times)` };
  }
  try {
    const event = decodeEvent(record.value);
    const what =
      event.event_type === "OrderPlaced"
        ? `${event.payload.quantity} × ${event.payload.item} for ${event.payload.user_id}`
        : event.success
          ? "reserved"
          : "failed";
    return { ...shown, event: event.event_type, what };
  } catch {
    return { ...shown, event: "not an event", what: previewOf(shown) };
  }
}

function tableRow({ timestamp, event, topic, partition, offset, what }: Moment, first: Moment): Cell[] {
  const after =
    timestamp === null || first.timestamp === null
      ? null
      : `+${formatDuration(Date.parse(timestamp) - Date.parse(first.timestamp))}`;
  return [timestamp, after, event, `${topic}/${partition}@${offset}`, what];
}
