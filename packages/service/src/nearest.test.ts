import { expect, test } from "bun:test";
import fc from "fast-check";
import { editDistance, nearest } from "./nearest.ts";

const known = ["KAFKA_BROKER", "KAFKA_REPLICATION", "LOG_LEVEL"];

test.each([
  ["KAFKA_BROKERS", "KAFKA_BROKER"],
  ["KAFKA_BOKER", "KAFKA_BROKER"],
  ["LOG_LEVLE", "LOG_LEVEL"],
  ["SOMETHING_ELSE", undefined],
])("%s is nearest to %s", (name, expected) => {
  expect(nearest(name, known)).toBe(expected as string);
});

test("edit distance is a distance", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});
