import { expect, test } from "bun:test";
import { retry } from "./retry.ts";

const never = new AbortController().signal;
const failing = (times: number) => {
  let attempts = 0;
  return async () => {
    if (attempts++ < times) throw new Error(`failure ${attempts}`);
    return attempts;
  };
};

test("a success is passed on at once", async () => {
  expect(await retry(async () => "done", { signal: never, isRetriable: () => true })).toBe("done");
});

test("failures are repeated with pauses that double up to the longest", async () => {
  const pauses: [string, number][] = [];
  const attempts = await retry(failing(5), {
    signal: never,
    isRetriable: () => true,
    firstPauseMs: 1,
    longestPauseMs: 4,
    onRetry: (error, pauseMs) => pauses.push([(error as Error).message, pauseMs]),
  });
  expect(attempts).toBe(6);
  expect(pauses).toEqual([
    ["failure 1", 1],
    ["failure 2", 2],
    ["failure 3", 4],
    ["failure 4", 4],
    ["failure 5", 4],
  ]);
});

test("what no repetition can mend is passed on", async () => {
  const isRetriable = (error: unknown) => (error as Error).message !== "failure 2";
  await expect(retry(failing(9), { signal: never, isRetriable, firstPauseMs: 1 })).rejects.toThrow(
    "failure 2",
  );
});

test("the signal ends a pause, an attempt under way, and what has not begun", async () => {
  const reason = new Error("ending");
  const between = new AbortController();
  const pausing = retry(failing(9), {
    signal: between.signal,
    isRetriable: () => true,
    firstPauseMs: 3_600_000,
    onRetry: () => queueMicrotask(() => between.abort(reason)),
  });
  await expect(pausing).rejects.toBe(reason);

  const within = new AbortController();
  const hanging = retry(() => new Promise(() => within.abort(reason)), {
    signal: within.signal,
    isRetriable: () => true,
  });
  await expect(hanging).rejects.toBe(reason);

  let begun = false;
  const late = retry(async () => (begun = true), {
    signal: AbortSignal.abort(reason),
    isRetriable: () => true,
  });
  await expect(late).rejects.toBe(reason);
  expect(begun).toBe(false);
});

test("a failure that the end itself caused is the end, not another attempt", async () => {
  const reason = new Error("ending");
  const controller = new AbortController();
  const attempt = async () => {
    controller.abort(reason);
    throw new Error("the client is closed");
  };
  await expect(retry(attempt, { signal: controller.signal, isRetriable: () => true })).rejects.toBe(reason);
});
