import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetricsFile, LEFTOVER_AGE_MS } from "./metrics-file.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "metrics-file-"));
  path = join(folder, "output", "metrics_output.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the folder is made, the report is JSON for people and machines, and others may read it", async () => {
  const file = createMetricsFile(path);
  await file.write({ total_orders: 3 });
  expect(await readFile(file.path, "utf8")).toBe('{\n  "total_orders": 3\n}\n');
  expect((await stat(path)).mode & 0o777).toBe(0o644 & ~process.umask());
});

test("the newest report stays, in the order of the calls, and nothing else", async () => {
  const file = createMetricsFile(path);
  await Promise.all(Array.from({ length: 20 }, (_, total) => file.write({ total })));
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ total: 19 });
  expect(await readdir(join(path, ".."))).toEqual(["metrics_output.json"]);
});

test("a reader in another process never sees half a report, whatever the writers do", async () => {
  const filler = "x".repeat(100_000);
  await createMetricsFile(path).write({ filler, end: 0 });
  const reader = Bun.spawn(
    [
      process.execPath,
      "-e",
      `const { readFileSync, writeSync } = require("node:fs");
       process.on("SIGTERM", () => { writeSync(1, String(reads)); process.exit(0); });
       let reads = 0;
       writeSync(1, "reading ");
       setInterval(() => {
         const { filler, end } = JSON.parse(readFileSync(${JSON.stringify(path)}, "utf8"));
         if (filler.length !== 100_000 || typeof end !== "number") process.exit(3);
         reads++;
       }, 0);`,
    ],
    { stdout: "pipe", stderr: "inherit" },
  );
  const output = reader.stdout.getReader();
  const started = await output.read();
  const writers = [createMetricsFile(path), createMetricsFile(path)];
  for (let end = 1; end <= 100; end++) await Promise.all(writers.map((file) => file.write({ filler, end })));
  reader.kill("SIGTERM");
  expect(await reader.exited).toBe(0);
  const counted = new TextDecoder().decode((await output.read()).value);
  expect(new TextDecoder().decode(started.value) + counted).toMatch(/^reading [1-9]\d*$/);
});

test("what a crash left is swept away; a write under way, and files of others, are not", async () => {
  const output = join(path, "..");
  await mkdir(output);
  const names = [".metrics_output.json.old.tmp", ".metrics_output.json.new.tmp", "other.tmp", ".gitkeep"];
  for (const name of names) await writeFile(join(output, name), "{");
  const old = (Date.now() - 2 * LEFTOVER_AGE_MS) / 1000;
  for (const name of names.filter((name) => !name.includes("new")))
    await utimes(join(output, name), old, old);
  await createMetricsFile(path).write({});
  expect((await readdir(output)).sort()).toEqual([
    ".gitkeep",
    ".metrics_output.json.new.tmp",
    "metrics_output.json",
    "other.tmp",
  ]);
});

test("a place where nothing can be written is named before anything is counted", async () => {
  await createMetricsFile(path).prepare();
  expect(await readdir(join(path, ".."))).toEqual([]);
  await writeFile(path, "{}");
  const inside = createMetricsFile(join(path, "below", "metrics.json")).prepare();
  await expect(inside).rejects.toThrow(/ENOTDIR.*metrics_output.*Set ANALYTICS_METRICS_FILE/);
});

test("a write that fails leaves the report before, no litter, and the next one works", async () => {
  const file = createMetricsFile(path);
  await mkdir(join(path, "in the way"), { recursive: true });
  await expect(file.write({ total: 1 })).rejects.toThrow();
  expect(await readdir(join(path, ".."))).toEqual(["metrics_output.json"]);
  await rm(path, { recursive: true });
  await file.write({ total: 2 });
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ total: 2 });
});
