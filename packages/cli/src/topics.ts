/** What a cluster says of its topics: which there are, and where their partitions begin and end. */
import {
  type Admin,
  KafkaError,
  type OffsetSpec,
  type TopicDescription,
  type TopicPartition,
  type TopicPartitionOffset,
} from "@campus/kafka";
import { failed } from "./exit-code.ts";
import { didYouMean } from "./nearest.ts";

/** Descriptions of those topics that exist, by name. */
export async function describeExisting(
  admin: Admin,
  topics?: readonly string[],
): Promise<TopicDescription[]> {
  const existing = await admin.listTopics();
  const wanted = topics ? existing.filter((topic) => topics.includes(topic)) : existing;
  const described = await describeAtOnce(admin, wanted);
  return described.sort((a, b) => compareText(a.topic, b.topic));
}

/** One that was deleted since it was listed would fail them all: then each is asked for by itself. */
async function describeAtOnce(admin: Admin, topics: readonly string[]): Promise<TopicDescription[]> {
  try {
    return await admin.describeTopics(topics);
  } catch (error) {
    if (!isUnknownTopic(error)) throw error;
    const each = topics.map((topic) => admin.describeTopics([topic]).catch(emptyIfUnknown));
    return (await Promise.all(each)).flat();
  }
}

/** @throws CommandError naming the first topic that does not exist, and the nearest that does */
export async function describeNamed(
  admin: Admin,
  topics: readonly string[],
  brokers: string,
): Promise<TopicDescription[]> {
  const existing = await admin.listTopics();
  for (const topic of topics) {
    if (existing.includes(topic)) continue;
    throw failed(`There is no topic "${topic}" at ${brokers}${didYouMean(topic, existing) || "."}`);
  }
  const described = await describeAtOnce(admin, [...new Set(topics)]);
  return described.sort((a, b) => compareText(a.topic, b.topic));
}

/** Offsets at one end of partitions. One without a leader is left out: nobody could be asked. */
export async function readEnds(
  admin: Admin,
  topics: readonly TopicDescription[],
  at: "earliest" | "latest",
): Promise<TopicPartitionOffset[]> {
  const specs = topics.flatMap(({ topic, partitions }) =>
    partitions
      .filter(({ leader }) => leader !== null)
      .map(({ partition }): OffsetSpec => ({ topic, partition, at })),
  );
  return await admin.listOffsets(specs);
}

export function partitionsOf(topics: readonly TopicDescription[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map(({ partition }) => ({ topic, partition })));
}

/** Offsets by where they are. */
export class OffsetTable {
  readonly #offsets: ReadonlyMap<string, number>;

  constructor(offsets: readonly TopicPartitionOffset[]) {
    this.#offsets = new Map(offsets.map((entry) => [placeOf(entry), entry.offset]));
  }

  /** Null where there is none, or where it is negative: Kafka's word for none. */
  at(partition: TopicPartition): number | null {
    const offset = this.#offsets.get(placeOf(partition)) ?? -1;
    return offset < 0 ? null : offset;
  }
}

/** A text that stands for a partition: no topic has a slash in its name. */
export function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** By topic, then by partition. */
export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isUnknownTopic(error: unknown): boolean {
  return error instanceof KafkaError && error.name === "UNKNOWN_TOPIC_OR_PART";
}

function emptyIfUnknown(error: unknown): TopicDescription[] {
  if (isUnknownTopic(error)) return [];
  throw error;
}
