import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  choice,
  duration,
  formatDuration,
  hostList,
  integer,
  optional,
  type Setting,
  secret,
  text,
} from "./setting.ts";

const description = "what it is for";
const port = integer("PORT", { default: 8201, min: 0, max: 65_535, description });
const linger = duration("LINGER", { default: 0.5, min: 0, max: 60_000, description });
const level = choice("LEVEL", { values: ["low", "high"], default: "low", description });
const brokers = hostList("BROKERS", { default: ["a:1"], description });
const title = text("TITLE", { default: "", description });

test.each<[Setting<unknown>, string, unknown]>([
  [port, "0", 0],
  [port, "65535", 65_535],
  [linger, "0.5ms", 0.5],
  [linger, "4s", 4000],
  [linger, "1m", 60_000],
  [level, "high", "high"],
  [brokers, "kafka-1:9092, 10.0.0.1:9093,[::1]:9094", ["kafka-1:9092", "10.0.0.1:9093", "[::1]:9094"]],
  [title, "a b", "a b"],
])("%#: $name accepts", (setting, given, value) => {
  expect(setting.parse(given)).toEqual(value);
});

test.each<[Setting<unknown>, string]>([
  [port, "abc"],
  [port, "65536"],
  [port, "-1"],
  [port, "1.5"],
  [port, "1e3"],
  [port, "0x10"],
  [port, " 1"],
  [port, "99999999999999999999"],
  [linger, "5"],
  [linger, "5 s"],
  [linger, "-1s"],
  [linger, "2m"],
  [linger, "1d"],
  [level, "HIGH"],
  [brokers, "kafka"],
  [brokers, "kafka:"],
  [brokers, "kafka:0"],
  [brokers, "kafka:65536"],
  [brokers, "a:1,"],
  [brokers, "PLAINTEXT://a:1"],
  [brokers, "a b:1"],
  [brokers, "::1:9092"],
  [title, "a\nb"],
])("%#: refused", (setting, given) => {
  expect(setting.parse(given)).toBeUndefined();
});

test("a duration is written so that it reads back", () => {
  const whole = duration("ANY", { default: 0, min: 0, max: 1e9, description });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 59_999 }), (durationMs) => {
      expect(whole.parse(formatDuration(durationMs))).toBeCloseTo(durationMs, 6);
    }),
  );
});

test("an optional setting has no value of its own and says what happens instead", () => {
  const maybe = optional(port, "a free one");
  expect(maybe.fallback).toBeUndefined();
  expect(maybe.defaultText).toBe("a free one");
  expect(maybe.parse("1")).toBe(1);
});

test("a secret is marked as one", () => {
  expect(secret("PASSWORD", { description })).toMatchObject({ isSecret: true, fallback: undefined });
});
