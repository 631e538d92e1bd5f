import { expect, test } from "bun:test";
import { createMetrics, Histogram } from "@campus/service";
import fc from "fast-check";
import { DURATION_BOUNDS_S, registerRequestMetrics } from "./request-metrics.ts";

test("what is said is what the library's own histogram would say", async () => {
  const duration = fc.double({ min: 0, max: 20_000, noNaN: true });
  const answer = fc.tuple(fc.constantFrom("/order", "/health"), duration);
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 50 }), async (answers) => {
      const [ours, theirs] = [createMetrics(), createMetrics()];
      const onAnswer = registerRequestMetrics(ours);
      const histogram = new Histogram({
        name: "http_request_duration_seconds",
        help: "Time from a request's headers to its answer, in seconds, by route.",
        labelNames: ["route"],
        buckets: [...DURATION_BOUNDS_S],
        registers: [theirs],
      });
      for (const [route, durationMs] of answers) {
        onAnswer(route, 202, durationMs);
        histogram.observe({ route }, durationMs / 1000);
      }
      const lines = async (registry: typeof ours) => {
        const text = await registry.getSingleMetricAsString("http_request_duration_seconds");
        return text
          .split("\n")
          .map((line) => {
            const [, labels] = /\{(.*)\}/.exec(line) ?? [];
            return line.replace(/\{.*\}/, `{${labels?.split(",").sort()}}`);
          })
          .sort();
      };
      expect(await lines(ours)).toEqual(await lines(theirs));
    }),
    { numRuns: 100 },
  );
});

test("answers are counted by route and status", async () => {
  const registry = createMetrics();
  const onAnswer = registerRequestMetrics(registry);
  onAnswer("/order", 202, 1);
  onAnswer("/order", 202, 1);
  onAnswer("/order", 503, 1);
  onAnswer("none", 404, 1);
  const text = await registry.metrics();
  expect(text).toContain('http_requests_total{route="/order",status="202"} 2');
  expect(text).toContain('http_requests_total{route="/order",status="503"} 1');
  expect(text).toContain('http_requests_total{route="none",status="404"} 1');
  // Asking changes nothing.
  const again = await registry.metrics();
  expect(again).toContain('http_requests_total{route="/order",status="202"} 2');
});
