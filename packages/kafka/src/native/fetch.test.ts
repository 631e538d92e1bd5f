/** What was written comes out byte by byte, whatever lies beside it in the batch: headers or none, empty and absent keys and values, all sizes. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Batch } from "../batch.ts";
import { createConsumer } from "../consumer.ts";
import { createProducer } from "../producer.ts";
import type { ProducerRecord } from "../record.ts";
import { createCluster } from "../testing/index.ts";

setDefaultTimeout(30_000);
const cluster = createCluster();
afterAll(() => cluster.close());

/** Around the sizes where copying changes: nothing, a few bytes, the largest gap within a run, a page. */
const bytes = fc.oneof(
  fc.constant(null),
  fc.constant(new Uint8Array(0)),
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 500, max: 530 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
  fc.integer({ min: 4080, max: 4100 }).map((length) => new Uint8Array(length)),
);
const header = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), bytes);
const record = fc.record({
  key: bytes,
  value: bytes,
  timestamp: fc.integer({ min: 1, max: 2 ** 41 }),
  headers: fc.oneof(fc.constant([]), fc.array(header, { maxLength: 4 })),
});

const plain = (value: Uint8Array | null): string | null =>
  value ? Buffer.from(value).toString("hex") : null;

/** Everything of a record that must survive. */
function seen(record: {
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestamp: number;
  headers: readonly (readonly [string, Uint8Array | null])[];
}) {
  const headers = record.headers.map(([name, value]) => [name, plain(value)]);
  return { key: plain(record.key), value: plain(record.value), timestamp: record.timestamp, headers };
}

/** The same by the columns of a batch, which have no headers. */
function seenInColumns({ length, columns }: Batch): object[] {
  const piece = (start: number, size: number) =>
    plain(size < 0 ? null : columns.bytes.subarray(start, start + size));
  return Array.from({ length }, (_, i) => ({
    key: piece(columns.keyStarts[i]!, columns.keyLengths[i]!),
    value: piece(columns.valueStarts[i]!, columns.valueLengths[i]!),
    timestamp: columns.timestamps[i],
    offset: columns.offsets[i],
  }));
}

let topics = 0;

for (const compression of ["none", "lz4"] as const) {
  test(`random records, ${compression}`, async () => {
    await using producer = createProducer({ brokers: cluster.brokers, compression, lingerMs: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 60 }), async (written) => {
        const topic = `random-${topics++}`;
        cluster.createTopic(topic, { partitions: 1 });
        await producer.sendBatch(topic, written as ProducerRecord[]);
        await using consumer = createConsumer({
          brokers: cluster.brokers,
          partitions: [{ topic, partition: 0, offset: 0 }],
          groupId: "none",
          autoOffsetReset: "error",
          maxBatchRecords: 7,
        });
        const read: object[] = [];
        const inColumns: object[] = [];
        for await (const batch of consumer) {
          read.push(...[...batch].map(seen));
          inColumns.push(...seenInColumns(batch));
          if (read.length >= written.length) break;
        }
        expect(read).toEqual(written.map(seen));
        const columns = written
          .map(seen)
          .map(({ key, value, timestamp }, offset) => ({ key, value, timestamp, offset }));
        expect(inColumns).toEqual(columns);
      }),
      { numRuns: 25 },
    );
  });
}
