/**
 * Topics for one run each, and what is checked about them afterwards. A subject is not believed on its word: what it says it sent must
 * lie in the topic, and what it says it read must be the topic's records, each once.
 */
import type { TopicPartition } from "@campus/kafka";
import type { BenchCluster } from "./cluster.ts";
import type { PayloadFiles } from "./payload.ts";
import type { Outcome } from "./subject.ts";

let made = 0;

export function scratchName(what: string): string {
  return `bench-${what}-${Date.now().toString(36)}-${++made}`;
}

/** Runs `work` on a topic of its own, which is deleted afterwards. */
export async function withTopic<T>(
  cluster: BenchCluster,
  what: string,
  partitions: number,
  work: (topic: string) => Promise<T>,
): Promise<T> {
  const topic = scratchName(what);
  await cluster.createTopic(topic, partitions);
  try {
    return await work(topic);
  } finally {
    await cluster.deleteTopic(topic);
  }
}

/** The first `partitions` partitions of a topic. */
export function placesOf(topic: string, partitions: number): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/** Where the log of each partition ends, by partition. */
export async function endsOf({ admin }: BenchCluster, topic: string, partitions: number): Promise<number[]> {
  const places = placesOf(topic, partitions);
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: "latest" as const })));
  return ends.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset);
}

/** Records ever written to a topic. */
export async function recordsIn(cluster: BenchCluster, topic: string, partitions: number): Promise<number> {
  const ends = await endsOf(cluster, topic, partitions);
  return ends.reduce((sum, end) => sum + end, 0);
}

/** What is wrong with a producer's run, given what is in the topic now; undefined when nothing is. */
export function faultInWriting({ total, lost = 0, error }: Outcome, inTopic: number): string | undefined {
  const because = error ? ` (${error})` : "";
  if (lost > 0) return `${lost} records were not acknowledged${because}`;
  if (inTopic < total) return `${total - inTopic} acknowledged records are not in the topic`;
  if (inTopic > total) return `${inTopic - total} records more are in the topic than were sent`;
  return error;
}

/** What is wrong with a reader's run of a topic that holds `inTopic` records; undefined when nothing is. */
export function faultInReading(
  outcome: Outcome,
  inTopic: number,
  payloads: Pick<PayloadFiles, "checksum" | "recordBytes">,
): string | undefined {
  const { total, bytes, checksum, partitions, error } = outcome;
  if (error) return error;
  if (total > inTopic) return `read ${total} records of a topic of ${inTopic}`;
  const size = total * payloads.recordBytes;
  if (bytes !== undefined && bytes !== size) return `read ${bytes} bytes where ${size} were written`;
  for (const { partition, count, offsetSum, lastOffset } of partitions ?? []) {
    const gapless = lastOffset === count - 1 && offsetSum === (count * (count - 1)) / 2;
    if (!gapless) return `partition ${partition}: ${count} records read, the last one ${lastOffset}`;
  }
  if (total === inTopic && checksum !== undefined && checksum !== payloads.checksum(inTopic))
    return `the records' checksum is ${checksum}, not ${payloads.checksum(inTopic)}`;
  return undefined;
}
