/** Ours in `client-consume`, an object a record: the async iterator of batches with the client's defaults, key, value and offset of each record read. */
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
  const { partition } = batch;
  for (const record of batch) tally.read(partition, record.offset, record.key!, record.value!);
  if (tally.endOfBatch()) break;
}
report(tally.result());
await consumer.close();
