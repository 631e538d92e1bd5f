/** The dead letters of a cluster: which topics hold them, and what they say of themselves. */
import { type DeadLetterOrigin, deadLetterTopic, readDeadLetterHeaders } from "@campus/events";
import type { Admin, ConsumerRecord, TopicDescription } from "@campus/kafka";
import { failed } from "./exit-code.ts";
import { type ShownRecord, showRecord } from "./shown-record.ts";
import type { StartingPoint } from "./starting-point.ts";
import { describeNamed } from "./topics.ts";

const SUFFIX = deadLetterTopic("");

/** The topics of dead letters there are, by name. */
export async function deadLetterTopics(admin: Admin): Promise<string[]> {
  return (await admin.listTopics()).filter((topic) => topic.endsWith(SUFFIX)).sort();
}

/** A topic of dead letters by its own name, or by that of the topic they come from. @throws CommandError where there is none */
export async function findDeadLetterTopic(
  admin: Admin,
  name: string,
  brokers: string,
): Promise<TopicDescription> {
  const existing = await admin.listTopics();
  const topic =
    name.endsWith(SUFFIX) || !existing.includes(deadLetterTopic(name)) ? name : deadLetterTopic(name);
  if (!topic.endsWith(SUFFIX)) {
    const known = existing.filter((other) => other.endsWith(SUFFIX));
    throw failed(
      `"${name}" is no topic of dead letters at ${brokers}: there is ${known.join(", ") || "none, their names end in .dlq"}`,
    );
  }
  const [description] = await describeNamed(admin, [topic], brokers);
  return description!;
}

/** A dead letter as it is shown: the record, and what its headers say. */
export interface ShownLetter extends ShownRecord {
  /** Null for a record that is no dead letter, though it lies among them. */
  readonly origin: DeadLetterOrigin | null;
  /** How often it was sent back already. */
  readonly redrives: number;
}

export function showLetter(record: ConsumerRecord): ShownLetter {
  return {
    ...showRecord(record),
    origin: readDeadLetterHeaders(record.headers),
    redrives: redrivesOf(record.headers),
  };
}

/** Says on a record how often it was sent back from dead letters; it stays on it when it comes to lie there again. */
export const REDRIVES_HEADER = "redrive.count";

export function redrivesOf(headers: ConsumerRecord["headers"]): number {
  const value = headers.findLast(([name]) => name === REDRIVES_HEADER)?.[1];
  const text = value ? Buffer.from(value).toString() : "";
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** Letters of one kind. */
export interface LetterCount {
  readonly topic: string;
  /** The group that gave up on them; null for records that are no dead letters. */
  readonly group: string | null;
  readonly errorClass: string | null;
  /** Of the last one. */
  readonly message: string | null;
  readonly count: number;
  /** When the first and the last came here, ISO 8601. */
  readonly first: string | null;
  readonly last: string | null;
}

/** Counts letters by topic, group and class of error, the most frequent first. Pure but for what it was told. */
export class LetterHistogram {
  readonly #counts = new Map<string, { -readonly [K in keyof LetterCount]: LetterCount[K] }>();

  take({ topic, timestamp, origin }: Pick<ShownLetter, "topic" | "timestamp" | "origin">): void {
    const key = JSON.stringify([topic, origin?.group, origin?.errorClass]);
    const known = this.#counts.get(key);
    if (!known) {
      this.#counts.set(key, {
        topic,
        group: origin?.group ?? null,
        errorClass: origin?.errorClass ?? null,
        message: origin?.errorMessage ?? null,
        count: 1,
        first: timestamp,
        last: timestamp,
      });
      return;
    }
    known.count++;
    if (timestamp === null) return;
    if (known.first === null || timestamp < known.first) known.first = timestamp;
    if (known.last !== null && timestamp < known.last) return;
    known.last = timestamp;
    known.message = origin?.errorMessage ?? null;
  }

  counts(): LetterCount[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count);
  }
}

/** Where reading begins that is to see every letter a topic holds now. */
export const ALL_LETTERS: StartingPoint = { kind: "earliest" };
