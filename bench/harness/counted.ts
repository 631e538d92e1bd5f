/** What peers have counted, as a reader of committed records finds it in their output. */
import type { BenchCluster } from "./cluster.ts";
import { RunFailed } from "./subject-process.ts";
import { readTopic } from "./topic-reader.ts";
import { endsOf } from "./topics.ts";

/** Orders and what became of them. */
export interface Counted {
  orders: number;
  reserved: number;
  failed: number;
}

/** How a peer writes its counts. */
export interface CountsOutput {
  readonly topic: string;
  /** Each record is what one transaction counted; or the newest record of a key in its partition is the count so far. */
  readonly records: "increments" | "newest";
}

const kinds = ["orders", "reserved", "failed"] as const;

/** @throws RunFailed when the output can't be read or holds something else */
export async function readCounted(cluster: BenchCluster, { topic, records }: CountsOutput): Promise<Counted> {
  const [described] = await cluster.admin.describeTopics([topic]);
  const ends = await endsOf(cluster, topic, described!.partitions.length);
  const written = new Map<string, Counted>();
  await readTopic(cluster.brokers, topic, ends, ({ key, value, partition, offset }) => {
    const name = records === "newest" ? `${partition}/${key}` : `${partition}@${offset}`;
    written.set(name, countedIn(String(key), value));
  });
  return sumOf(written.values());
}

/** JSON of all three, or one of them as a 64-bit number under its name, as Kafka's serializers write it. Pure. */
export function countedIn(key: string, value: Buffer | null): Counted {
  const counted: Counted = { orders: 0, reserved: 0, failed: 0 };
  if (value?.length === 8) {
    const kind = kinds.find((name) => name === key);
    if (kind === undefined) throw new RunFailed(`it counts ${JSON.stringify(key)}`);
    counted[kind] = Number(value.readBigInt64BE());
    return counted;
  }
  const json = JSON.parse(String(value)) as Partial<Counted>;
  for (const kind of kinds) {
    const count = json[kind];
    if (!Number.isSafeInteger(count)) throw new RunFailed(`${value} has no count of ${kind}`);
    counted[kind] = count!;
  }
  return counted;
}

function sumOf(all: Iterable<Counted>): Counted {
  const sum: Counted = { orders: 0, reserved: 0, failed: 0 };
  for (const counted of all) for (const kind of kinds) sum[kind] += counted[kind];
  return sum;
}

/** @throws RunFailed unless they are the same */
export function requireCounted(counted: Counted, expected: Counted): void {
  const wrong = kinds.filter((kind) => counted[kind] !== expected[kind]);
  if (wrong.length > 0) {
    const words = wrong.map((kind) => `${counted[kind]} ${kind} instead of ${expected[kind]}`);
    throw new RunFailed(`it counted ${words.join(", ")}`);
  }
}
