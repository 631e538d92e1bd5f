import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { createLog } from "./log.ts";
import { waitForKafka } from "./wait-for-kafka.ts";

const lines: string[] = [];
const setUp = () => ({
  brokers: ["kafka:9092"],
  log: createLog({ name: "tester", write: (line) => lines.push(line) }),
  retryMs: 1,
});

afterEach(() => {
  lines.length = 0;
  resetSync();
});

test("an answer at once is not worth a word", async () => {
  expect(await waitForKafka({ ...setUp(), attempt: async () => 7 })).toBe(7);
  expect(lines).toEqual([]);
});

test("it tries until there is an answer, and says now and then what it waits for", async () => {
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    if (attempts < 20) throw new Error("connection refused");
    return attempts;
  };
  expect(await waitForKafka({ ...setUp(), attempt, messageMs: 60_000 })).toBe(20);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("waiting for Kafka at kafka:9092 (KAFKA_BROKER): connection refused");
  expect(lines[1]).toContain("Kafka answers");
});

test("a signal ends the wait, before and between attempts", async () => {
  const stopped = new Error("stopped");
  const aborter = new AbortController();
  const attempt = () => {
    queueMicrotask(() => aborter.abort(stopped));
    return Promise.reject(new Error("not yet"));
  };
  const options = { ...setUp(), attempt, retryMs: 60_000, signal: aborter.signal };
  expect(waitForKafka(options)).rejects.toBe(stopped);
  expect(waitForKafka({ ...options, signal: AbortSignal.abort(stopped) })).rejects.toBe(stopped);
});

test("what another attempt can't mend, or comes after the deadline, is thrown", async () => {
  const attempt = () => Promise.reject(new Error("wrong password"));
  const isRetriable = () => false;
  expect(waitForKafka({ ...setUp(), attempt, isRetriable })).rejects.toThrow("wrong password");
  expect(waitForKafka({ ...setUp(), attempt, giveUpMs: 5 })).rejects.toThrow("wrong password");
});
