/** Where keys land: asked, sent, and as Java has it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { KafkaError } from "./error.ts";
import { partitionOfKey } from "./partition-of-key.ts";
import { useCluster } from "./test-cluster.ts";

setDefaultTimeout(30_000);

const { producer, newTopic } = useCluster();

// The hashes of Kafka's own UtilsTest.testMurmur2.
test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
])("%s lands where Java's client puts it: told, and sent", async (key, hash) => {
  for (const partitions of [1, 2, 3, 7, 1000, 2 ** 31 - 1])
    expect(partitionOfKey(key, partitions)).toBe((hash & 0x7fff_ffff) % partitions);
  expect((await producer.send(newTopic(5), { key, value: "x" })).partition).toBe((hash & 0x7fff_ffff) % 5);
});

test("any key is sent where it was said to land", async () => {
  const partitions = 7;
  const topic = newTopic(partitions);
  const key = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: "grapheme-ascii", minLength: 4, maxLength: 60 }),
    fc.constantFrom("", new Uint8Array(0), "ü".repeat(3000), "abcĀ", "Ā123", new Uint8Array(5000)),
  );
  const keys = fc.sample(key, 2_000);
  const delivery = await producer.sendBatch(
    topic,
    keys.map((key) => ({ key, value: "x" })),
  );
  expect(keys.map((key) => partitionOfKey(key, partitions))).toEqual(
    keys.map((_, index) => delivery.partition(index)),
  );
});

test("what is no topic and no key is refused", () => {
  const refusal = (key: unknown, partitions: unknown): unknown => {
    try {
      return partitionOfKey(key as string, partitions as number);
    } catch (error) {
      expect(error).toBeInstanceOf(KafkaError);
      return (error as KafkaError).message;
    }
  };
  for (const partitions of [0, -1, 1.5, 2 ** 31, Number.NaN, "3", undefined])
    expect(refusal("k", partitions)).toContain(`a topic can't have ${partitions} partitions`);
  for (const key of [null, undefined, 5, {}])
    expect(refusal(key, 3)).toContain("key must be a string or a Uint8Array");
});
