/** Ours in `client-latency`: one `await send()` after the other, nothing lingering. */
import { createProducer } from "@campus/kafka";
import { Clock, percentiles, readPayloads, report, settings } from "./subject.ts";

const payloads = readPayloads();
const producer = createProducer({
  brokers: settings.brokers,
  acks: "all",
  idempotent: true,
  compression: "lz4",
  lingerMs: settings.lingerMs,
});

const samples = new Float64Array(settings.records);
const clock = new Clock();
let total = 0;
while (!clock.over(total)) {
  if (!clock.started && total === settings.warmup) clock.start(total);
  const startedAt = performance.now();
  await producer.send(settings.topic, payloads[total % payloads.length]!);
  if (clock.started) samples[total - settings.warmup] = performance.now() - startedAt;
  total++;
}
const result = clock.result(total);
report({ ...result, ...percentiles(samples.subarray(0, result.records)), lost: 0 });
await producer.close();
