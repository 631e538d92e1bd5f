/** The fetching of the jars, with a `mvn` of the test's own in the place of Maven: no network, no Java. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmod, exists, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrokerError } from "./error.ts";
import { cacheFolder, JARS_NAME } from "./jar-cache.ts";
import { apacheAvailable, ensureJars, type JarOptions } from "./jars.ts";

let folder: string;
let cacheDir: string;
let said: string[];
let options: JarOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "campus-jars-"));
  cacheDir = join(folder, "cache");
  said = [];
  const progress = { write: (text: string) => said.push(text) };
  options = { cacheDir, progress, env: { ...process.env, PATH: `${join(folder, "bin")}:/usr/bin:/bin` } };
  await program("java", "echo 'openjdk version \"21.0.1\"' >&2");
  // Two jars, and a line for each run; RUNS and the target folder come out of its arguments.
  await program(
    "mvn",
    `${TARGET}; echo run >>"${folder}/runs"; mkdir -p "$target"; echo a >"$target/a.jar"; echo bb >"$target/b.jar"`,
  );
});
afterEach(() => rm(folder, { recursive: true }));

const TARGET =
  'for a in "$@"; do case $a in -DoutputDirectory=*) target=$(echo "$a" | cut -d= -f2);; esac; done';

async function program(name: string, script: string): Promise<void> {
  await mkdir(join(folder, "bin"), { recursive: true });
  await Bun.write(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "bin", name), 0o755);
}

const runs = async (): Promise<number> =>
  (await Bun.file(join(folder, "runs")).text()).split("\n").length - 1;

async function refusal(work: Promise<unknown>): Promise<BrokerError> {
  return await work.then(
    () => expect.unreachable(),
    (error) => error,
  );
}

describe("ensureJars", () => {
  test("fetches once, then finds them, with one line at the start and one at the end", async () => {
    const jars = await ensureJars(options);
    expect(jars).toEqual({
      folder: join(cacheDir, JARS_NAME),
      classPath: join(cacheDir, JARS_NAME, "libs", "*"),
    });
    expect((await readdir(join(jars.folder, "libs"))).sort()).toEqual(["a.jar", "b.jar"]);
    await ensureJars(options);
    expect(await runs()).toBe(1);
    expect(said.join("")).toMatch(
      /^Fetching Apache Kafka [^\n]*\nFetched Apache Kafka [^\n]*: 2 jars in [^\n]*\n$/,
    );
  });

  test("two at once fetch once", async () => {
    const [one, other] = await Promise.all([ensureJars(options), ensureJars(options)]);
    expect(one).toEqual(other);
    expect(await runs()).toBe(1);
    expect(said.join("")).toContain("waiting for it");
  });

  test("a set with a jar missing or cut short is fetched again", async () => {
    const { folder: jars } = await ensureJars(options);
    await rm(join(jars, "libs", "a.jar"));
    await ensureJars(options);
    await Bun.write(join(jars, "libs", "b.jar"), "");
    await ensureJars(options);
    expect(await runs()).toBe(3);
  });

  test("what a killed fetch left behind is swept away", async () => {
    const stale = join(cacheDir, `${JARS_NAME}.1.partial`);
    await mkdir(stale, { recursive: true });
    await ensureJars(options);
    expect(await exists(stale)).toBe(false);
    expect((await readdir(cacheDir)).sort()).toEqual([JARS_NAME, "apache-kafka.lock"]);
  });

  test("a Maven that fails is quoted, and nothing is left", async () => {
    await program("mvn", "echo '[ERROR] Unknown host repo.example'; exit 1");
    const error = await refusal(ensureJars(options));
    expect(error.code).toBe("DOWNLOAD_FAILED");
    expect(error.message).toContain("mvn ended with exit code 1");
    expect(error.message).toContain("Unknown host repo.example");
    expect(error.message).toContain(join(cacheDir, JARS_NAME));
    expect(error.message).toContain("--embedded");
    expect(await readdir(cacheDir)).toEqual(["apache-kafka.lock"]);
  });

  test("a cache deleted while it is being filled is noticed, and a second try succeeds", async () => {
    const mvn = await Bun.file(join(folder, "bin", "mvn")).text();
    await program("mvn", `rm -rf "${cacheDir}"; ${mvn.split("\n")[1]}`);
    expect((await refusal(ensureJars(options))).message).toContain("was deleted while");
    await program("mvn", mvn.split("\n")[1]!);
    await ensureJars(options);
  });

  test("a cache that can't be written to is named", async () => {
    const file = join(folder, "a-file");
    await Bun.write(file, "");
    const error = await refusal(ensureJars({ ...options, cacheDir: join(file, "cache") }));
    expect(error.message).toContain(file);
    expect(error.message).toContain("CAMPUS_CACHE_DIR");
  });

  test("given up by a signal, it ends Maven", async () => {
    await program("mvn", `echo $$ >"${folder}/pid"; exec sleep 60`);
    const controller = new AbortController();
    const fetching = refusal(ensureJars({ ...options, signal: controller.signal }));
    while (!(await exists(join(folder, "pid")))) await Bun.sleep(10);
    controller.abort(new Error("enough"));
    expect((await fetching).message).toBe("enough");
    const pid = Number(await Bun.file(join(folder, "pid")).text());
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

describe("apacheAvailable", () => {
  const without = (): Record<string, string> => ({ PATH: join(folder, "empty") });

  test("ok with Java and Maven", async () => {
    expect(await apacheAvailable(options)).toEqual({ ok: true });
  });

  test("ok without Maven once the jars are there", async () => {
    await ensureJars(options);
    await rm(join(folder, "bin", "mvn"));
    const env = { PATH: join(folder, "bin") };
    expect(await apacheAvailable({ cacheDir, env })).toEqual({ ok: true });
    expect(await apacheAvailable({ cacheDir: join(folder, "other"), env })).toMatchObject({
      ok: false,
      reason: expect.stringContaining("no `mvn` on PATH"),
    });
  });

  test("the reason in words without Java", async () => {
    expect(await apacheAvailable({ cacheDir, env: without() })).toMatchObject({
      ok: false,
      reason: expect.stringContaining("needs Java 17"),
    });
  });
});

test("the cache folder is CAMPUS_CACHE_DIR, else XDG's, else in the home folder", () => {
  expect(cacheFolder({ CAMPUS_CACHE_DIR: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/c");
  expect(cacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/x/campus-orders");
  expect(cacheFolder({ XDG_CACHE_HOME: "relative", HOME: "/h" })).toBe("/h/.cache/campus-orders");
});
