import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { libraryFile, readBuildRecord } from "./build-cache.ts";
import { LibraryError } from "./library-error.ts";
import { buildHint, findLibrary } from "./library-path.ts";
import { canBuild, compileLibrary, createMiniature, type Miniature } from "./miniature.ts";

function find(
  miniature: Miniature,
  environment: NodeJS.ProcessEnv = {},
  systemFolders: string[] = [],
): string {
  const { sources } = miniature;
  return findLibrary({
    sources,
    systemFolders,
    quiet: true,
    environment: { ...miniature.environment, ...environment },
  });
}

function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(LibraryError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

describe("LIBRDKAFKA_PATH", () => {
  test("goes before all else, made absolute", () => {
    using miniature = createMiniature();
    const file = join(miniature.folder, "mine.so");
    writeFileSync(file, "");
    expect(find(miniature, { LIBRDKAFKA_PATH: relative(process.cwd(), file) })).toBe(file);
  });

  test("is named when no such file exists, or when it is a folder", () => {
    using miniature = createMiniature();
    expect(failureOf(() => find(miniature, { LIBRDKAFKA_PATH: "/no/such.so" }))).toStartWith(
      'LIBRDKAFKA_PATH is "/no/such.so", and no such file exists.',
    );
    expect(failureOf(() => find(miniature, { LIBRDKAFKA_PATH: miniature.folder }))).toContain(
      "a folder: name the library file",
    );
  });
});

describe.skipIf(!canBuild)("a library of the system", () => {
  test("is used from 2.15 on, before anything is built; older ones and other files are passed over", () => {
    using miniature = createMiniature();
    const broken = join(miniature.folder, "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, libraryFile), "not a library");
    const old = compileLibrary(miniature, "old", 0x020002ff);
    const recent = compileLibrary(miniature, "recent", 0x020f00ff);
    const path = find(miniature, {}, ["/no/such/folder", broken, old, recent]);
    expect(path).toBe(join(recent, libraryFile));
    expect(miniature.configured()).toBe(0);
  });

  test("that is too old is said where building fails too", () => {
    using miniature = createMiniature();
    const old = compileLibrary(miniature, "old", 0x020002ff);
    const message = failureOf(() => find(miniature, { PATH: "/no/such/folder" }, [old]));
    expect(message).toContain(
      `Not used: ${join(old, libraryFile)} is librdkafka 2.0.2; 2.15.0 or newer is needed.`,
    );
  });
});

describe("a machine that can't build", () => {
  test("is told what is missing, and the ways out for each system", () => {
    using miniature = createMiniature();
    const message = failureOf(() => find(miniature, { PATH: "/no/such/folder", CC: "" }));
    expect(message).toContain("a C compiler, make and bash are missing");
    for (const way of [
      "apt-get install build-essential",
      "apk add build-base",
      "brew install",
      "confluent-kafka",
      "LIBRDKAFKA_PATH",
    ]) {
      expect(message).toContain(way);
    }
  });

  test("is told which compiler CC names", () => {
    using miniature = createMiniature();
    expect(failureOf(() => find(miniature, { CC: "no-such-cc -O3" }))).toContain("CC names (no-such-cc -O3)");
  });

  test("is told that the cache folder can't be written", () => {
    if (!canBuild) return;
    using miniature = createMiniature();
    writeFileSync(join(miniature.folder, "file"), "");
    const message = failureOf(() => find(miniature, { XDG_CACHE_HOME: join(miniature.folder, "file") }));
    expect(message).toContain("Set XDG_CACHE_HOME");
  });

  test("is told where the sources come from when they are not installed", () => {
    using miniature = createMiniature();
    const environment = miniature.environment;
    const search = { environment, sources: join(miniature.folder, "nowhere"), systemFolders: [] };
    expect(failureOf(() => findLibrary(search))).toContain("run `bun install`");
  });
});

describe.skipIf(!canBuild)("a build", () => {
  test("is made once, and found again without any tool", () => {
    using miniature = createMiniature();
    const path = find(miniature);
    expect(dirname(dirname(path))).toBe(miniature.cache);
    expect(path).toContain("/2.15.1-");
    expect(readBuildRecord(dirname(path))).toMatchObject({ version: "2.15.1", features: ["gzip"] });
    expect(readFileSync(join(dirname(path), "build.log"), "utf8")).toContain("-c one.c -o one.o");
    expect(find(miniature, { PATH: "/no/such/folder" })).toBe(path);
    expect(miniature.configured()).toBe(1);
  });

  test("works in a folder with spaces in its name", () => {
    using miniature = createMiniature();
    const path = find(miniature, { XDG_CACHE_HOME: join(miniature.folder, "my cache") });
    expect(path).toStartWith(join(miniature.folder, "my cache"));
    expect(existsSync(path)).toBeTrue();
  });

  test("is made anew when a header appears, or when a library it was linked with is gone", () => {
    using miniature = createMiniature();
    const first = find(miniature);
    const include = join(miniature.folder, "include");
    mkdirSync(join(include, "curl"), { recursive: true });
    for (const header of ["zstd.h", "curl/curl.h"]) writeFileSync(join(include, header), "");
    const second = find(miniature, { CPATH: include });
    expect(second).not.toBe(first);
    expect(readBuildRecord(dirname(second))?.headers).toContain("zstd");

    const file = join(dirname(first), "build.json");
    writeFileSync(
      file,
      JSON.stringify({ ...readBuildRecord(dirname(first)), dependencies: ["/no/such/libssl.so.3"] }),
    );
    expect(find(miniature)).toBe(first);
    expect(readBuildRecord(dirname(first))?.dependencies).toEqual([]);
    expect(miniature.configured()).toBe(3);
  });

  test("that fails says why, quotes its log and leaves nothing else", () => {
    using miniature = createMiniature();
    const message = failureOf(() => find(miniature, { MINIATURE_FAILS: "yes" }));
    const log = message.match(/The log is (\S+);/)?.[1];
    expect(message).toContain("./configure");
    expect(message).toContain("failed with exit code 3");
    expect(message).toContain("  | error: no luck today\n");
    expect(message).toContain("apt-get install");
    expect(readFileSync(log!, "utf8")).toContain("error: no luck today");
    expect(
      readdirSync(miniature.cache).filter((name) => !/\.failed\.log$|\.lock$|^configured$/.test(name)),
    ).toEqual([]);
  });

  test("that can't be opened is not kept", () => {
    using miniature = createMiniature();
    writeFileSync(
      join(miniature.sources, "src", "one.c"),
      "extern int nowhere(void); int rd_kafka_version(void) { return nowhere(); }",
    );
    writeFileSync(
      join(miniature.sources, "src", "two.c"),
      "int (*two)(void); extern int nowhere; int *three = &nowhere;",
    );
    expect(failureOf(() => find(miniature))).toContain("built but can't be opened");
    expect(
      readdirSync(miniature.cache).some((name) => existsSync(join(miniature.cache, name, libraryFile))),
    ).toBeFalse();
  });
});

describe.skipIf(!canBuild)("buildHint", () => {
  test("names the packages that bring what a build lacks", () => {
    using miniature = createMiniature();
    const path = find(miniature, { CPATH: "" });
    const file = join(dirname(path), "build.json");
    writeFileSync(file, JSON.stringify({ ...readBuildRecord(dirname(path)), headers: [] }));
    expect(buildHint("zstd", {}, path)).toMatch(
      /without zstd: install libzstd-dev .*zstd-dev \(Alpine\).* start again/,
    );
    expect(buildHint("sasl_scram", {}, path)).toContain("without TLS: install libssl-dev");
    expect(buildHint("sasl_gssapi", {}, path)).toEndWith(
      "without sasl_gssapi: set LIBRDKAFKA_PATH to one that has it.",
    );
  });

  test("points at the log where the header was there and yet could not be used", () => {
    using miniature = createMiniature();
    const path = find(miniature);
    const file = join(dirname(path), "build.json");
    writeFileSync(file, JSON.stringify({ ...readBuildRecord(dirname(path)), headers: ["ssl"] }));
    expect(buildHint("ssl", {}, path)).toContain(`${dirname(path)}/build.log says why`);
  });

  test("asks for another library where the user gave one", () => {
    expect(buildHint("ssl", { LIBRDKAFKA_PATH: "/my/lib.so" }, "/my/lib.so")).toContain("or unset it");
  });
});
