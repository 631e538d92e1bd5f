import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeadLetter, deadLetterOf, openDeadLetterFolder, withDeadLetterLog } from "./dead-letters.ts";
import { createLog } from "./log.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "dead-letters-")), "kept", "here");
});
afterEach(() => rm(join(folder, "..", ".."), { recursive: true, force: true }));

const letter = (changes: Partial<DeadLetter> = {}): DeadLetter => ({
  topic: "order-events",
  partition: 2,
  offset: 17,
  group: "inventory-group",
  error: "MalformedEventError",
  reason: "not JSON",
  timestampMs: Date.UTC(2026, 0, 1),
  key: Buffer.from("key"),
  value: new Uint8Array([0, 255, 10, 123]),
  ...changes,
});

async function linesOf(name: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, name), "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a record is kept whole, with its place and the reason", async () => {
  const letters = await openDeadLetterFolder(folder);
  await letters.add([letter()]);
  const [line] = await linesOf("order-events.inventory-group.jsonl");
  expect(Date.parse(String(line?.set_aside_at))).toBeGreaterThan(Date.UTC(2025, 0, 1));
  expect(line).toEqual({
    topic: "order-events",
    partition: 2,
    offset: 17,
    group: "inventory-group",
    error: "MalformedEventError",
    reason: "not JSON",
    record_timestamp: "2026-01-01T00:00:00.000Z",
    set_aside_at: line?.set_aside_at,
    key_base64: "a2V5",
    value_base64: "AP8Kew==",
  });
});

test("a consumed record becomes a letter with what it failed on", () => {
  const record = { topic: "t", partition: 1, offset: 2, timestamp: 3, key: null, value: Buffer.from("v") };
  expect(deadLetterOf(record, "g", new RangeError("too long"))).toEqual({
    ...letter({ topic: "t", partition: 1, offset: 2, group: "g", key: null, value: Buffer.from("v") }),
    error: "RangeError",
    reason: "too long",
    timestampMs: 3,
  });
});

test("null and empty, no timestamp and an impossible one are told apart", async () => {
  const letters = await openDeadLetterFolder(folder);
  await letters.add([
    letter({ key: null, value: new Uint8Array(), timestampMs: -1 }),
    letter({ value: null, timestampMs: 9e18 }),
  ]);
  const lines = await linesOf("order-events.inventory-group.jsonl");
  expect(lines.map((line) => [line.key_base64, line.value_base64, line.record_timestamp])).toEqual([
    [null, "", null],
    ["a2V5", null, null],
  ]);
});

test("a view into a larger buffer keeps its own bytes only", async () => {
  const letters = await openDeadLetterFolder(folder);
  await letters.add([letter({ value: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) })]);
  expect((await linesOf("order-events.inventory-group.jsonl"))[0]?.value_base64).toBe("AgM=");
});

test("topics and groups have their own files, whatever the group's name", async () => {
  const letters = await openDeadLetterFolder(folder);
  await letters.add([
    letter({ topic: "inventory-events" }),
    letter({ group: "../a b" }),
    letter({ offset: 18 }),
  ]);
  expect((await readdir(folder)).sort()).toEqual([
    "inventory-events.inventory-group.jsonl",
    "order-events...%2Fa%20b.jsonl",
    "order-events.inventory-group.jsonl",
  ]);
});

test("appends at once from two writers stay whole lines, each writer's in its order", async () => {
  const writers = [await openDeadLetterFolder(folder), await openDeadLetterFolder(folder)];
  await Promise.all(
    writers.flatMap((letters, writer) =>
      Array.from({ length: 50 }, (_, offset) => letters.add([letter({ partition: writer, offset })])),
    ),
  );
  const lines = await linesOf("order-events.inventory-group.jsonl");
  expect(lines).toHaveLength(100);
  for (const writer of [0, 1]) {
    const offsets = lines.filter((line) => line.partition === writer).map((line) => line.offset);
    expect(offsets).toEqual(Array.from({ length: 50 }, (_, offset) => offset));
  }
});

test("a line torn by a crash costs no other line", async () => {
  const letters = await openDeadLetterFolder(folder);
  const path = join(folder, "order-events.inventory-group.jsonl");
  await letters.add([letter({ offset: 1 })]);
  await appendFile(path, '{"topic":"order-ev');
  await letters.add([letter({ offset: 2 })]);
  const lines = (await readFile(path, "utf8")).split("\n");
  expect([lines.length, JSON.parse(lines[0] ?? "").offset, JSON.parse(lines[2] ?? "").offset]).toEqual([
    4, 1, 2,
  ]);
});

test("a file taken away meanwhile is begun anew", async () => {
  const letters = await openDeadLetterFolder(folder);
  await letters.add([letter({ offset: 1 })]);
  await rm(join(folder, "order-events.inventory-group.jsonl"));
  await letters.add([letter({ offset: 2 })]);
  expect((await linesOf("order-events.inventory-group.jsonl")).map((line) => line.offset)).toEqual([2]);
});

test("what can't be kept is refused, and the next is tried again", async () => {
  const letters = await openDeadLetterFolder(folder);
  await rm(folder, { recursive: true });
  await expect(letters.add([letter()])).rejects.toThrow("ENOENT");
  await openDeadLetterFolder(folder);
  await letters.add([letter()]);
  expect(await linesOf("order-events.inventory-group.jsonl")).toHaveLength(1);
});

test("what is kept is said with its place and counted; what could not be kept is not", async () => {
  const lines: string[] = [];
  const counts: number[] = [];
  const log = createLog({ name: "test", write: (line) => lines.push(line.replace(/^\S+ +/, "")) });
  let works = true;
  const kept = { add: async () => (works ? undefined : Promise.reject(new Error("no space"))) };
  const letters = withDeadLetterLog(kept, { log, onAdded: (count) => counts.push(count) });
  await letters.add([letter({ offset: 7 }), letter({ offset: 9, reason: "no\nJSON" })]);
  works = false;
  await expect(letters.add([letter()])).rejects.toThrow("no space");
  expect(counts).toEqual([2]);
  expect(lines).toEqual([
    "WARNING test set aside order-events/2 offset 7: not JSON",
    "WARNING test set aside order-events/2 offset 9: no\\u000aJSON",
  ]);
});

test("a place that is no folder, or not ours to write, is named at once", async () => {
  await openDeadLetterFolder(folder);
  await writeFile(join(folder, "plain"), "");
  await expect(openDeadLetterFolder(join(folder, "plain"))).rejects.toThrow(join(folder, "plain"));
  if (process.getuid?.() === 0) return; // root may write anywhere
  await chmod(folder, 0o500);
  await expect(openDeadLetterFolder(join(folder, "below"))).rejects.toThrow("EACCES");
});
