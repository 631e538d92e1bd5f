import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { OrderTable, Seen } from "./order-table.ts";

setDefaultTimeout(30_000);

test("holds what a Map holds, through any number of doublings", () => {
  fc.assert(
    fc.property(fc.array(fc.uuid(), { maxLength: 300 }), fc.nat(), (ids, seed) => {
      const table = new OrderTable();
      const map = new Map<string, number>();
      // Many of one kind besides: ids that count up, as UUIDs made from the time do.
      const counted = Array.from(
        { length: 8_000 },
        (_, i) => `018f0000-0000-7000-8000-${(seed + i).toString(16).padStart(12, "0")}`,
      );
      for (const [offset, id] of [...ids, ...counted].entries()) {
        const slot = table.slotOf(id);
        if (table.seen(slot) === 0) {
          table.mark(slot, Seen.order);
          table.setPlace(slot, offset % 3, offset);
          map.set(id, offset);
        }
      }
      expect(table.size).toBe(map.size);
      for (const [id, offset] of map) {
        const slot = table.lookUp(id);
        expect(table.place(slot)).toEqual({ partition: offset % 3, offset });
        expect(table.idOf(slot)).toBe(id);
      }
      expect([...table.slots()].length).toBe(map.size);
    }),
    { numRuns: 10 },
  );
});

test("an id that is not there is not found; one that is no UUID is refused", () => {
  const table = new OrderTable();
  expect(table.lookUp("00000000-0000-0000-0000-000000000000")).toBe(-1);
  for (const text of ["", "0".repeat(32), "0".repeat(36), `${"0".repeat(35)}g`])
    expect(() => table.slotOf(text)).toThrow(RangeError);
});
