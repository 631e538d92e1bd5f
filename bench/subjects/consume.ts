/**
 * Ours in `client-consume`: the async iterator of batches with the client's defaults, key, value and offset of each record read from their columns, or with
 * `records` as the argument from an object a record.
 */
import { createConsumer } from "@campus/kafka";
import { ReadTally, report, settings } from "./subject.ts";

const consumer = createConsumer({
  brokers: settings.brokers,
  groupId: settings.groupId,
  topics: [settings.topic],
  autoOffsetReset: "earliest",
});
const readsRecords = process.argv[2] === "records";
const tally = new ReadTally();
for await (const batch of consumer) {
  const { partition } = batch;
  if (readsRecords)
    for (const record of batch) tally.read(partition, record.offset, record.key!, record.value!);
  else tally.readColumns(partition, batch.columns);
  if (tally.endOfBatch()) break;
}
report(tally.result());
await consumer.close();
