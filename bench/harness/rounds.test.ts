import { expect, test } from "bun:test";
import { timesLowerColumn } from "./columns.ts";
import { faultsOf, rowsOf } from "./results.ts";
import { compareInRounds } from "./rounds.ts";
import { RunFailed } from "./subject-process.ts";

const progress = {
  say: () => undefined,
  during: <T>(_text: string, work: () => Promise<T>): Promise<T> => work(),
};
const subjects = ["ours", "fast", "broken"].map((name) => ({ name, title: name, delivery: "acks=all" }));

test("subjects take turns, and ratios are medians within rounds", async () => {
  const order: string[] = [];
  const rates: Record<string, number[]> = { ours: [100, 90, 400], fast: [200, 300, 100] };
  const { results, ratios } = await compareInRounds({
    scenario: { name: "client-produce" },
    unit: "records/s",
    figure: ({ rate }) => rate,
    subjects,
    rounds: 3,
    measure: async ({ name }) => {
      order.push(name);
      if (name === "broken") throw new RunFailed("3 records were not acknowledged");
      return { count: 10, seconds: 1, rate: rates[name]!.shift()!, cpuSeconds: 1 };
    },
    describe: () => "",
    progress,
  });
  expect(order).toEqual(["ours", "fast", "broken", "fast", "ours", "ours", "fast"]);
  expect(ratios).toEqual({ fast: 0.5 });
  expect(results.map(({ rate }) => rate)).toEqual([100, 200, undefined]);
  expect(results[0]).toMatchObject({ rates: [90, 400], cpuMicros: 100_000, rounds: 3 });
  expect(results[2]!.failed).toContain("not acknowledged");

  const scenario = { name: "client-produce", ratioOf: "records/s", bounds: { fast: { min: 0.6 } } };
  const named = { results, ratios: { "client-produce/fast": ratios.fast! } };
  expect(faultsOf(named, [scenario], false)).toEqual([
    "client-produce: broken FAILED: 3 records were not acknowledged",
  ]);
  expect(faultsOf(named, [scenario], true).at(-1)).toContain("is 0.50, below 0.6");
});

test("ratios of further figures stand beside the first one's, by their name", async () => {
  const p50s: Record<string, number[]> = { ours: [2, 1, 6], fast: [10, 20, 30] };
  const { results, ratios } = await compareInRounds({
    scenario: { name: "models" },
    unit: "orders/s",
    figure: ({ rate }) => rate,
    further: { p50: ({ p50Ms }) => p50Ms },
    subjects: subjects.slice(0, 2),
    rounds: 3,
    measure: async ({ name }) => ({ count: 1, seconds: 1, rate: 1, p50Ms: p50s[name]!.shift()! }),
    describe: () => "",
    progress,
  });
  expect(ratios).toEqual({ fast: 1, "fast/p50": 0.2 });
  const [own, fast] = rowsOf({ results, ratios });
  expect(own).toMatchObject({ ratio: undefined, further: {} });
  expect(fast).toMatchObject({ ratio: 1, further: { p50: 0.2 } });
  expect(timesLowerColumn("p50 it ÷ ours", "p50").cell(fast!)).toBe("5.00");
  expect(timesLowerColumn("p50 it ÷ ours", "p50").cell(own!)).toBe("–");
});

test("an error that is no failed run is not taken for one", async () => {
  const run = compareInRounds({
    scenario: { name: "x" },
    unit: "records/s",
    figure: ({ rate }) => rate,
    subjects,
    rounds: 1,
    measure: () => Promise.reject(new Error("a mistake of the bench")),
    describe: () => "",
    progress,
  });
  expect(run).rejects.toThrow("a mistake of the bench");
});
