import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { exists, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTemporaryFolder, newClusterId, openKeptFolder, readKept } from "./data-folder.ts";

let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "campus-data-"));
  path = join(parent, "data");
});
afterEach(() => rm(parent, { recursive: true }));

const nodes = [{ id: 1, port: 9092, controllerPort: 19_092, listenerPorts: {} }];

describe("a kept folder", () => {
  test("remembers its cluster", async () => {
    const first = await openKeptFolder(path);
    expect(first.kept).toBeUndefined();
    await first.save({ clusterId: "abc", nodes });
    await first.release();
    const second = await openKeptFolder(path);
    expect(second.kept).toMatchObject({ clusterId: "abc", nodes });
    await second.release();
    expect(await readKept(path)).toMatchObject({ clusterId: "abc" });
  });

  test("is for one cluster at a time, and says where that one is", async () => {
    const folder = await openKeptFolder(path);
    await folder.save({ clusterId: "abc", nodes });
    await expect(openKeptFolder(path)).rejects.toMatchObject({
      code: "DATA_IN_USE",
      message: expect.stringContaining("127.0.0.1:9092"),
    });
    await folder.release();
    await (await openKeptFolder(path)).release();
  });

  test("clean takes the cluster's things, and only those", async () => {
    const folder = await openKeptFolder(path);
    await folder.save({ clusterId: "abc", nodes });
    await mkdir(folder.nodeFolder(1));
    await Bun.write(join(path, "notes.txt"), "mine");
    await folder.release();
    const cleaned = await openKeptFolder(path, { clean: true });
    expect(cleaned.kept).toBeUndefined();
    expect((await readdir(path)).sort()).toEqual(["cluster.lock", "notes.txt"]);
    await cleaned.release();
  });

  test("someone else's folder is refused, clean or not", async () => {
    await mkdir(join(path, "node-1"), { recursive: true });
    for (const clean of [false, true]) {
      await expect(openKeptFolder(path, { clean })).rejects.toMatchObject({ code: "DATA_MISMATCH" });
    }
    expect(await readdir(path)).toEqual(["node-1"]);
    await Bun.write(join(parent, "file"), "");
    await expect(openKeptFolder(join(parent, "file"))).rejects.toMatchObject({ code: "DATA_MISMATCH" });
  });

  test("a cluster.json that can't be read is said, not overwritten, and unlocks", async () => {
    await Bun.write(join(path, "cluster.json"), "{");
    await expect(openKeptFolder(path)).rejects.toThrow(/cluster\.json can't be read/);
    await (await openKeptFolder(path, { clean: true })).release();
  });

  test("a comma would be two folders to Kafka", async () => {
    await expect(openKeptFolder(join(parent, "a,b"))).rejects.toMatchObject({ code: "BAD_OPTION" });
  });
});

test("a temporary folder is gone after its release", async () => {
  const folder = await createTemporaryFolder();
  await mkdir(folder.nodeFolder(1));
  await folder.release();
  expect(await exists(folder.path)).toBe(false);
});

test("cluster ids are 22 characters of URL-safe base64 and never look like an option", () => {
  for (let i = 0; i < 1_000; i++) expect(newClusterId()).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
});
