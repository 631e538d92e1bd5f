import { expect, test } from "bun:test";
import fc from "fast-check";
import { writeCheckpoint, writePointer } from "./checkpoint.ts";
import { createCounts } from "./metrics.ts";
import { restore } from "./restore.ts";
import { orders } from "./testing.ts";

const countsOf = (placed: number) => ({ ...createCounts(), orders: placed });
/** A record of the state topic with counts up to an offset. */
const state = (offset: number, placed = offset) => ({
  value: writeCheckpoint(offset, countsOf(placed)),
  offset: 1234,
});
const committed = (offset: number, metadata?: string) => ({ offset, metadata });

test("first start: nothing committed, nothing kept", () => {
  expect(restore(orders(0), committed(-1), undefined)).toMatchObject({ counts: { orders: 0 }, stale: false });
});

test("offsets that were deleted or have expired: counts begin anew with the log, and what is kept is replaced", () => {
  expect(restore(orders(0), committed(-1), state(7))).toMatchObject({
    counts: { orders: 0 },
    stale: true,
    note: expect.stringContaining("counting from the beginning"),
  });
});

test("counts of the committed offset are gone on from", () => {
  const restored = restore(orders(0), committed(7, writePointer(7)), state(7));
  expect(restored).toEqual({ counts: expect.objectContaining({ orders: 7 }), stale: false });
});

test("an offset that a tool has set is where counting begins anew, backwards and forwards", () => {
  for (const offset of [0, 3, 99]) {
    for (const metadata of [undefined, "", writePointer(7), writeCheckpoint(7, countsOf(7))]) {
      expect(restore(orders(0), committed(offset, metadata), state(7))).toMatchObject({
        counts: { orders: 0 },
        stale: true,
        note: `the offset was set to ${offset} from outside: counting anew from there`,
      });
    }
  }
});

test("one set by a tool to where the counts stand keeps them: saved offsets were put back", () => {
  expect(restore(orders(0), committed(7), state(7))).toMatchObject({ counts: { orders: 7 }, stale: false });
});

test("one set by a tool needs nothing of what is kept, whatever that is", () => {
  for (const kept of [undefined, { value: "junk", offset: 9 }]) {
    expect(restore(orders(0), committed(7), kept)).toMatchObject({
      counts: { orders: 0 },
      stale: kept !== undefined,
    });
  }
});

test("counts beside the commit, kept there by the other store, are taken over, and older ones in the topic are not", () => {
  for (const kept of [undefined, state(5, 400), { value: "junk", offset: 9 }]) {
    const restored = restore(orders(0), committed(7, writeCheckpoint(7, countsOf(6))), kept);
    expect(restored).toMatchObject({ counts: { orders: 6 }, stale: true });
  }
});

test.each([
  ["the topic was deleted", undefined, "the topic analytics-state holds none, although 7 is committed"],
  ["of another offset", state(6), "those in analytics-state reach up to 6, while 7 is committed"],
  ["unreadable", { value: "junk", offset: 9 }, "record 9 of analytics-state/0 can't be read: analytics did"],
  [
    "of a version to come",
    { value: '{"version":3,"offset":7}', offset: 9 },
    "record 9 of analytics-state/0 can't be read: version 3 of analytics' format is not known",
  ],
])("committed with counts in the topic, which are not there: %s", (_, kept, message) => {
  const attempt = () => restore(orders(2), committed(7, writePointer(7)), kept);
  expect(attempt).toThrow("The counts of order-events/2 are lost: ");
  expect(attempt).toThrow(message);
  expect(attempt).toThrow("Reset the group's offsets to count anew");
});

test("metadata of somebody else is refused", () => {
  expect(() => restore(orders(2), committed(7, "consumer-1 was here"), state(7))).toThrow(
    /are lost: analytics did not write this: .*consumer-1 was here/,
  );
});

test("whatever is committed and kept, counts only ever go with the offset they were counted up to", () => {
  const offsets = fc.integer({ min: -1, max: 4 });
  const metadata = fc.oneof(
    fc.constant(undefined),
    fc.integer({ min: 0, max: 4 }).map(writePointer),
    fc.integer({ min: 0, max: 4 }).map((offset) => writeCheckpoint(offset, countsOf(offset))),
  );
  const kept = fc.oneof(
    fc.constant(undefined),
    fc.integer({ min: 0, max: 4 }).map((offset) => state(offset)),
  );
  fc.assert(
    fc.property(offsets, metadata, kept, (offset, text, entry) => {
      try {
        const { counts } = restore(orders(0), committed(offset, text), entry);
        // Every checkpoint here has counted as many orders as its offset.
        expect([0, offset]).toContain(counts.orders);
      } catch (error) {
        expect((error as Error).message).toContain("are lost");
      }
    }),
  );
});
