import { describe, expect, test } from "bun:test";
import { checksums } from "./payload.ts";
import { faultInReading, faultInWriting } from "./topics.ts";

describe("a producer's run", () => {
  const outcome = { records: 900, total: 1000, seconds: 1, lost: 0 };

  test("is good when all it acknowledged is in the topic", () => {
    expect(faultInWriting(outcome, 1000)).toBeUndefined();
  });

  test("is not when something was lost, is missing, or is there twice", () => {
    expect(faultInWriting({ ...outcome, lost: 3, error: "_MSG_TIMED_OUT" }, 1000)).toContain(
      "3 records were not",
    );
    expect(faultInWriting(outcome, 998)).toContain("2 acknowledged records are not");
    expect(faultInWriting(outcome, 1001)).toContain("1 records more");
  });
});

describe("a reader's run", () => {
  const payloads = { recordBytes: 286, checksum: (total: number) => total * 7 };
  const outcome = {
    records: 4,
    total: 5,
    seconds: 1,
    bytes: 5 * 286,
    checksum: 35,
    partitions: [
      { partition: 0, count: 3, offsetSum: 3, lastOffset: 2 },
      { partition: 2, count: 2, offsetSum: 1, lastOffset: 1 },
    ],
  };

  test("is good when every record was read once, or it stopped early without a gap", () => {
    expect(faultInReading(outcome, 5, payloads)).toBeUndefined();
    expect(faultInReading({ ...outcome, checksum: 1 }, 9, payloads)).toBeUndefined();
  });

  test("is not when an offset is missing, repeated, or the bytes differ", () => {
    const partitions = [{ partition: 0, count: 5, offsetSum: 11, lastOffset: 5 }];
    expect(faultInReading({ ...outcome, partitions }, 9, payloads)).toContain("partition 0");
    expect(faultInReading({ ...outcome, bytes: 5 * 286 - 1 }, 5, payloads)).toContain("bytes");
    expect(faultInReading({ ...outcome, checksum: 36 }, 5, payloads)).toContain("checksum");
    expect(faultInReading(outcome, 4, payloads)).toContain("read 5 records of a topic of 4");
  });
});

test("checksums are those of payloads sent over and over in order", () => {
  const orders = [
    { key: "ab", value: "xyz" },
    { key: "c", value: "12" },
  ];
  const sum = checksums(orders);
  const [first, second] = [97 + 121, 99 + 50];
  expect([0, 1, 2, 3, 4].map(sum)).toEqual([
    0,
    first,
    first + second,
    2 * first + second,
    2 * (first + second),
  ]);
});
