import { expect, test } from "bun:test";
import type { OrderTracker, TrackedOrder } from "./order-tracker.ts";
import { problemOf, setUp } from "./testing.ts";

const ID = "7f8e9d0c-1b2a-4c3d-9e8f-0a1b2c3d4e5f";

function setUpStates(found: TrackedOrder | undefined | "busy" | Error) {
  const asked: [string, number][] = [];
  const tracker: OrderTracker = {
    async find(...question) {
      asked.push(question);
      if (found instanceof Error) throw found;
      return found;
    },
    close: async () => {},
  };
  return { asked, ...setUp({ tracker }) };
}

test.each(["placed", "reserved", "failed"] as const)("an order that is %s", async (state) => {
  const { ask, asked } = setUpStates({ state, timestampMs: 1_772_600_767_089 });
  const answer = await ask(`/orders/${ID}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(await answer.json()).toEqual({ order_id: ID, state, timestamp: "2026-03-04T05:06:07.089Z" });
  expect(asked).toEqual([[ID, 0]]);
});

test.each([
  ["2s", 2000],
  ["500ms", 500],
  ["5s", 5000],
  ["0s", 0],
])("?wait=%s waits for %i ms", async (wait, waitMs) => {
  const { ask, asked } = setUpStates({ state: "reserved", timestampMs: 0 });
  expect((await ask(`/orders/${ID.toUpperCase()}?wait=${wait}`)).status).toBe(200);
  expect(asked).toEqual([[ID, waitMs]]);
});

test.each(["", "2", "2m", "-1s", "1.5s", "6s", "5001ms", "99999s", "hunter2"])(
  "?wait=%s is refused",
  async (wait) => {
    const { ask, asked } = setUpStates(undefined);
    const problem = await problemOf(await ask(`/orders/${ID}?wait=${wait}`), 400);
    expect(JSON.stringify(problem)).not.toContain("hunter2");
    expect(asked).toEqual([]);
  },
);

test.each(["7", "batch", `${ID}0`, "%00", "..%2f..%2fetc"])("/orders/%s is no order", async (id) => {
  const { ask, asked } = setUpStates(undefined);
  await problemOf(await ask(`/orders/${id}`), 404);
  expect(asked).toEqual([]);
});

test("an order that is not known, too many who wait, streams that can't be read", async () => {
  await problemOf(await setUpStates(undefined).ask(`/orders/${ID}`), 404);
  const busy = await setUpStates("busy").ask(`/orders/${ID}`);
  expect(Number(busy.headers.get("retry-after"))).toBeGreaterThan(0);
  await problemOf(busy, 503);
  const failure = new Error("no broker at secret:9092");
  const { ask, errors } = setUpStates(failure);
  expect(JSON.stringify(await problemOf(await ask(`/orders/${ID}`), 503))).not.toContain("secret");
  expect(errors).toEqual([failure]);
});

test("only GET and HEAD; without a tracker there is no such route", async () => {
  const { ask } = setUpStates(undefined);
  const answer = await ask(`/orders/${ID}`, { method: "DELETE" });
  expect(answer.headers.get("allow")).toBe("GET, HEAD");
  await problemOf(answer, 405);
  await problemOf(await setUp().ask(`/orders/${ID}`), 404);
});
