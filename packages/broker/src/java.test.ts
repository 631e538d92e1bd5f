import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrokerError } from "./error.ts";
import { findJava, parseJavaVersion } from "./java.ts";

describe("parseJavaVersion", () => {
  test.each([
    ['openjdk version "17.0.15" 2025-04-15', 17, "17.0.15"],
    ['java version "1.8.0_292"', 8, "1.8.0_292"],
    ['openjdk version "21-ea" 2023-09-19', 21, "21-ea"],
    ['openjdk version "25" 2025-09-16', 25, "25"],
    ['Picked up JAVA_TOOL_OPTIONS: -Dx="1"\nopenjdk version "11.0.2" 2019-01-15', 11, "11.0.2"],
  ])("%s", (output, release, version) => {
    expect(parseJavaVersion(output)).toEqual({ release, version });
  });

  test("no Java says nothing of the kind", () => {
    expect(
      parseJavaVersion("The operation couldn’t be completed. Unable to locate a Java Runtime."),
    ).toBeUndefined();
  });
});

describe("findJava", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "campus-java-"));
    await fakeJava("old", "echo 'java version \"1.8.0_292\"' >&2");
    await fakeJava("new", "echo 'openjdk version \"21.0.1\"' >&2");
    await fakeJava("stub", "echo 'Unable to locate a Java Runtime.' >&2; exit 1");
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fakeJava(name: string, script: string): Promise<void> {
    await mkdir(join(folder, name, "bin"), { recursive: true });
    const file = join(folder, name, "bin", "java");
    await Bun.write(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  const environment = (home: string | undefined, path: string) => ({
    ...(home && { JAVA_HOME: join(folder, home) }),
    PATH: path && join(folder, path, "bin"),
  });
  const refusal = async (env: Record<string, string>): Promise<BrokerError> =>
    await findJava(env).then(
      () => expect.unreachable(),
      (error) => error,
    );

  test("takes JAVA_HOME's, else the one on PATH", async () => {
    expect(await findJava(environment("new", "old"))).toMatchObject({ release: 21, version: "21.0.1" });
    expect(await findJava(environment(undefined, "new"))).toMatchObject({ release: 21 });
  });

  test("passes over a JAVA_HOME that is too old, or not there", async () => {
    expect(await findJava(environment("old", "new"))).toMatchObject({ release: 21 });
    expect(await findJava(environment("nowhere", "new"))).toMatchObject({ release: 21 });
  });

  test("says what it found instead, and the ways out", async () => {
    const old = await refusal(environment("old", "stub"));
    expect(old.code).toBe("JAVA_MISSING");
    expect(old.message).toContain("Java 1.8.0_292, too old");
    expect(old.message).toContain("Unable to locate a Java Runtime.");
    const none = await refusal(environment(undefined, ""));
    for (const part of [
      "found none",
      "apt-get install",
      "apk add",
      "brew install",
      "--embedded",
      "KAFKA_BROKER",
    ]) {
      expect(none.message).toContain(part);
    }
  });
});
