import { expect, test } from "bun:test";
import fc from "fast-check";
import { createOrderWindow } from "./order-window.ts";

const idOf = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;

test("an id is repeated where it lay before, and only there", () => {
  const window = createOrderWindow(10);
  expect(window.isRepeated(idOf(1), 5)).toBe(false);
  expect(window.isRepeated(idOf(2), 6)).toBe(false);
  expect(window.isRepeated(idOf(1), 7)).toBe(true);
  expect(window.isRepeated(idOf(1).toUpperCase(), 8)).toBe(true);
  expect(window.size).toBe(2);
});

test("reading again answers as it did the first time, from whatever offset", () => {
  const log = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(log, fc.array(fc.nat({ max: 99 }), { maxLength: 5 }), (ids, rewinds) => {
      const window = createOrderWindow(1000);
      const read = (from: number) =>
        ids.slice(from).map((id, index) => window.isRepeated(idOf(id), from + index));
      const expected = ids.map((id, index) => ids.indexOf(id) < index);
      expect(read(0)).toEqual(expected);
      for (const from of rewinds) expect(read(from)).toEqual(expected.slice(from));
    }),
  );
});

test("every bit of an id counts", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.nat({ max: 35 }), fc.integer({ min: 1, max: 15 }), (id, at, change) => {
      fc.pre(id[at] !== "-");
      const digit = (Number.parseInt(id[at]!, 16) ^ change).toString(16);
      const other = id.slice(0, at) + digit + id.slice(at + 1);
      const window = createOrderWindow(10);
      expect(window.isRepeated(id, 0)).toBe(false);
      expect(window.isRepeated(other, 1)).toBe(false);
      expect(window.isRepeated(other, 2)).toBe(true);
    }),
  );
});

test.each([1, 7, 1000, 20_000])("at least the last %d are remembered, at most twice as many", (orders) => {
  const window = createOrderWindow(orders);
  const count = orders * 5 + 3;
  for (let offset = 0; offset < count; offset++) {
    expect(window.isRepeated(idOf(offset), offset)).toBe(false);
    if (window.size > 2 * orders) throw new Error(`${window.size} are remembered`);
  }
  for (let back = 1; back <= orders; back++) expect(window.isRepeated(idOf(count - back), count)).toBe(true);
  expect(window.isRepeated(idOf(0), count)).toBe(false);
});

test("a window of none remembers none", () => {
  const window = createOrderWindow(0);
  window.isRepeated(idOf(1), 0);
  expect(window.isRepeated(idOf(1), 1)).toBe(false);
});

test("families of ids that differ in few bits don't slow it down", () => {
  const families: ((index: number) => string)[] = [
    idOf,
    (index) => `${index.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`,
    (index) =>
      `00000000-0000-4000-${(0x8000 + (index >> 12)).toString(16)}-${((index & 0xfff) * 2 ** 36).toString(16).padStart(12, "0")}`,
    () => Bun.randomUUIDv7(),
  ];
  for (const family of families) {
    const window = createOrderWindow(100_000);
    const from = performance.now();
    for (let index = 0; index < 100_000; index++) window.isRepeated(family(index), index);
    // A quarter of a second is what a table takes whose chains have become lists.
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(window.size).toBe(100_000);
  }
});
