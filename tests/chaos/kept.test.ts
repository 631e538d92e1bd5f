import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKept } from "./kept.ts";

const folder = mkdtempSync(join(tmpdir(), "kept-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("what was measured for a name and a seed is not measured again, also by another process", async () => {
  let measured = 0;
  const measure = async () => ({ count: ++measured });
  expect(await createKept(folder).of("zombie", 7, measure)).toEqual({ count: 1 });
  expect(await createKept(folder).of("zombie", 7, measure)).toEqual({ count: 1 });
  expect(await createKept(folder).of("zombie", 8, measure)).toEqual({ count: 2 });
  expect(await createKept(folder).of("restore", 7, measure)).toEqual({ count: 3 });
});

test("what failed to be measured is not kept, and without a folder nothing is", async () => {
  const failing = createKept(folder).of("outage", 7, () => Promise.reject(new Error("no")));
  expect(await failing.catch(String)).toBe("Error: no");
  let measured = 0;
  const measure = async () => ({ count: ++measured });
  await createKept(folder).of("outage", 7, measure);
  for (let i = 0; i < 2; i++) await createKept(undefined).of("outage", 7, measure);
  expect(measured).toBe(3);
});
