/**
 * For tests: a source tree like librdkafka's, in miniature. It is configured and compiled for real, in a fraction of a second, and
 * can be held at its start until the test says so, so that builds meet each other when the test wants them to.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libraryFile } from "./build-cache.ts";

/** A compiler and make are there, so miniature builds can be made. */
export const canBuild = ["cc", "make", "bash"].every((tool) => Bun.which(tool));

const configure = `#!/usr/bin/env bash
echo configured >> ../configured
printf 'checking for zstd... ok\\n'
[ -z "$MINIATURE_FAILS" ] || { echo "error: no luck today"; exit 3; }
if [ -n "$MINIATURE_GATE" ]; then until [ -e "$MINIATURE_GATE" ]; do sleep 0.02; done; fi
printf 'WITH_SSL=\\tn\\nWITH_ZLIB=\\ty\\nWITH_ZSTD=\\tn\\n' > Makefile.config
`;

const makefile = `${libraryFile}: one.o two.o
	cc -shared -o $@ one.o two.o
%.o: %.c
	cc -fPIC -c $< -o $@
`;

export interface Miniature extends Disposable {
  /** Everything lies in this folder. */
  readonly folder: string;
  readonly sources: string;
  /** Where the builds go. */
  readonly cache: string;
  /** For processes that build: this process's environment with the cache in `folder`, and no library given. */
  readonly environment: NodeJS.ProcessEnv;
  /** How often `configure` was run. */
  configured(): number;
}

export function createMiniature(version = 0x020f01ff): Miniature {
  const folder = mkdtempSync(join(tmpdir(), "librdkafka-miniature-"));
  const sources = join(folder, "sources");
  const cache = join(folder, "cache", "campus-orders", "librdkafka");
  mkdirSync(join(sources, "src"), { recursive: true });
  mkdirSync(join(sources, "mklove"));
  const hexadecimal = `0x${version.toString(16).padStart(8, "0")}`;
  const files = {
    configure,
    "configure.self": "",
    "lds-gen.py": "",
    "LICENSES.txt": "none",
    "mklove/modules": "",
    "src/Makefile": makefile,
    "src/rdkafka.h": `#define RD_KAFKA_VERSION ${hexadecimal}\n`,
    "src/one.c": `int rd_kafka_version(void) { return ${hexadecimal}; }\n`,
    "src/two.c": "int two(void) { return 2; }\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(sources, name), text);
  const { LIBRDKAFKA_PATH: _, ...inherited } = process.env;
  return {
    folder,
    sources,
    cache,
    environment: { ...inherited, XDG_CACHE_HOME: join(folder, "cache") },
    configured() {
      const marks = join(cache, "configured");
      return existsSync(marks) ? readFileSync(marks, "utf8").trim().split("\n").length : 0;
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A shared library that says it is librdkafka of `version`, in a new folder `name` of `miniature`. Returns the folder. */
export function compileLibrary(miniature: Miniature, name: string, version: number): string {
  const folder = join(miniature.folder, name);
  mkdirSync(folder);
  const source = join(folder, "library.c");
  writeFileSync(source, `int rd_kafka_version(void) { return ${version}; }\n`);
  const compiler = Bun.spawnSync(["cc", "-shared", "-fPIC", "-o", join(folder, libraryFile), source]);
  if (!compiler.success) throw new Error(compiler.stderr.toString());
  return folder;
}
