import { afterEach, expect, test } from "bun:test";
import { createLog } from "./log.ts";
import { type Progress, watchProgress } from "./progress-watch.ts";
import { createReadiness } from "./readiness.ts";

const ending: AbortController[] = [];
afterEach(() => {
  for (const controller of ending.splice(0)) controller.abort();
});

/** A watch that loses its patience after 60 ms, on what `look` says. */
function setUp(look: () => Promise<readonly Progress[]>) {
  const readiness = createReadiness();
  const controller = new AbortController();
  ending.push(controller);
  const lines: string[] = [];
  const log = createLog({ name: "test", write: (line) => lines.push(line) });
  watchProgress({ readiness, log, signal: controller.signal, stallTimeoutMs: 60, look });
  return { readiness, lines };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("not within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("what stands still with work to do takes readiness away, says why, and gives it back when it moves", async () => {
  const at = { name: "order-events/1", position: 41, lag: 7, trouble: "no luck" };
  const { readiness, lines } = setUp(async () => [
    { ...at },
    { name: "order-events/2", position: 3, lag: 0 },
  ]);
  await until(() => !readiness.isReady);
  expect(readiness.reasons.progress).toMatch(
    /^order-events\/1 has stood at 41 for \d s with 7 to go, the last error: no luck$/,
  );
  at.position++;
  await until(() => readiness.isReady);
  expect(lines).toHaveLength(2);
  await until(() => !readiness.isReady);
  at.lag = 0;
  await until(() => readiness.isReady);
});

test("what moves, and what has nothing to do, is ready, however long", async () => {
  let looks = 0;
  const { readiness } = setUp(async () => [
    { name: "moving", position: ++looks, lag: 100 },
    { name: "idle", position: 5, lag: 0 },
  ]);
  let wasReady = true;
  await until(() => {
    wasReady &&= readiness.isReady;
    return looks > 30;
  });
  expect(wasReady).toBe(true);
});

test("a partition that is given away is no longer waited for", async () => {
  let held: Progress[] = [{ name: "order-events/1", position: 41, lag: 7 }];
  const { readiness } = setUp(async () => held);
  await until(() => !readiness.isReady);
  held = [];
  await until(() => readiness.isReady);
});

test.each([
  ["refuses", () => Promise.reject(new Error("no broker"))],
  ["never answers", () => new Promise<never>(() => {})],
])("Kafka %s: nobody can say that there is nothing to do", async (_, fail) => {
  const { readiness } = setUp(fail);
  await until(() => !readiness.isReady);
  expect(readiness.reasons.progress).toStartWith("Kafka has not said for");
});
