import { expect, test } from "bun:test";
import { parseConsumerPerformance, parseProducerPerformance } from "./output.ts";

const produced = `Warmup first 50000 records. Steady state results will print after the complete test summary.
600000 records sent, 294985.250737 records/sec (70.33 MB/sec), 11.02 ms avg latency, 382.00 ms max latency, 9 ms 50th.
550000 steady state records sent, 275000.0 records/sec (91.06 MB/sec), 11.44 ms avg latency, 37.00 ms max latency.
`;

test("a producer's figures are those after the warm-up", () => {
  expect(parseProducerPerformance(produced, { warmup: 50_000 })).toEqual({
    records: 550_000,
    total: 600_000,
    seconds: 2,
    lost: 0,
  });
});

test("a consumer's time is that of fetching", () => {
  const line =
    "2026-11-23 14:53:34:397, 2026-11-23 14:53:36:177, 545.7243, 306.5867, 2000816, 1124053.9326, 302, 1478, 369.2316, 1353732.0704\n";
  expect(parseConsumerPerformance(line)).toEqual({ records: 2_000_816, total: 2_000_816, seconds: 1.478 });
});

test("anything else is a failure", () => {
  expect(() => parseProducerPerformance("org.apache.kafka.KafkaException", { warmup: 0 })).toThrow(
    "something else",
  );
  expect(() => parseConsumerPerformance("")).toThrow("something else");
});
