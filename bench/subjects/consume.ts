/** Ours in `client-consume`: the async iterator of batches with the client's defaults, their columns, and in them key, value and offset of each record. */
import { createConsumer } from "@campus/kafka";
import { ReadTally, report, settings } from "./subject.ts";

const consumer = createConsumer({
  brokers: settings.brokers,
  groupId: settings.groupId,
  topics: [settings.topic],
  autoOffsetReset: "earliest",
});
const tally = new ReadTally();
for await (const batch of consumer) {
  tally.readColumns(batch.partition, batch.columns);
  if (tally.endOfBatch()) break;
}
report(tally.result());
await consumer.close();
