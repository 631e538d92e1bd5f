import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireLock, tryLock } from "./lock.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "campus-lock-"));
  file = join(folder, "deeper", "a.lock");
});
afterEach(() => rm(folder, { recursive: true }));

test("one holder at a time, within a process too", async () => {
  const lock = await tryLock(file);
  expect(lock).toBeDefined();
  expect(await tryLock(file)).toBeUndefined();
  lock!.release();
  lock!.release(); // harmless
  using again = await tryLock(file);
  expect(again).toBeDefined();
});

test("whoever waits gets it next, and is told once that there is a wait", async () => {
  const lock = await tryLock(file);
  let waits = 0;
  const waiting = acquireLock(file, { onWait: () => waits++ });
  while (waits === 0) await Bun.sleep(5);
  lock!.release();
  (await waiting).release();
  expect(waits).toBe(1);
});

test("waiting can be given up", async () => {
  using _lock = await tryLock(file);
  const controller = new AbortController();
  const waiting = acquireLock(file, {
    onWait: () => controller.abort(new Error("enough")),
    signal: controller.signal,
  });
  await expect(waiting).rejects.toThrow("enough");
});

test("a holder killed with SIGKILL gives it back", async () => {
  const script = `
    const { tryLock } = await import(${JSON.stringify(join(import.meta.dir, "lock.ts"))});
    console.log((await tryLock(${JSON.stringify(file)})) !== undefined);
    Bun.gc(true);
    setInterval(() => {}, 1000);`;
  await using holder = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  const first = await holder.stdout.getReader().read();
  expect(new TextDecoder().decode(first.value)).toBe("true\n");
  expect(await tryLock(file)).toBeUndefined();
  holder.kill("SIGKILL");
  (await acquireLock(file)).release();
});
