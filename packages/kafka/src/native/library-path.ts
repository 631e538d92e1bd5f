/**
 * Where librdkafka is. In this order: the file `LIBRDKAFKA_PATH` names; a build made earlier; a library of the system that is recent
 * enough; a build made now from the sources in the npm package `@confluentinc/kafka-javascript`. Opening it is up to the caller: no
 * native code runs in this process before that.
 */
import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { cachedLibrary, planBuild, readBuildRecord } from "./build-cache.ts";
import { featureBehind, optionalFeatures } from "./build-features.ts";
import { LibraryError, waysOut } from "./library-error.ts";
import { bunScript, bunScriptOptions } from "./library-probe.ts";
import { findSystemLibrary, systemLibraryFolders } from "./system-library.ts";

export interface LibrarySearch {
  readonly environment?: NodeJS.ProcessEnv;
  /** A source tree of librdkafka; by default the npm package's. */
  readonly sources?: string;
  /** Where to look for the system's library. */
  readonly systemFolders?: readonly string[];
  /** No line of progress while building. */
  readonly quiet?: boolean;
}

let found: string | undefined;

/**
 * The path of a librdkafka to open, found once a process. May take a minute, with a line of progress on stderr, when one has to be
 * built. Only for a library from `LIBRDKAFKA_PATH` is the version not known to suffice. Throws a `LibraryError` that says what is
 * missing and the ways out.
 */
export function librdkafkaPath(): string {
  found ??= findLibrary();
  return found;
}

/** `librdkafkaPath` for a given environment, not remembered. */
export function findLibrary({
  environment = process.env,
  sources,
  systemFolders = systemLibraryFolders(environment),
  quiet = false,
}: LibrarySearch = {}): string {
  if (environment.LIBRDKAFKA_PATH) return givenLibrary(environment.LIBRDKAFKA_PATH);
  const plan = planBuild(environment, sources);
  const cached = plan && cachedLibrary(plan);
  if (cached) return cached;
  const { path, refused } = findSystemLibrary(systemFolders);
  if (path) return path;
  if (!plan) {
    throw new LibraryError(
      "no librdkafka was found, and the sources to build one from are not installed: run `bun install` " +
        `(they are in the npm package @confluentinc/kafka-javascript).${listed(refused)}\n${waysOut}`,
    );
  }
  const options = [...(sources ? ["--sources", resolve(sources)] : []), ...(quiet ? ["--quiet"] : [])];
  return buildInChild(environment, options, refused);
}

function givenLibrary(given: string): string {
  const path = resolve(given);
  if (!existsSync(path)) {
    throw new LibraryError(
      `LIBRDKAFKA_PATH is "${given}", and no such file exists. Correct it, or unset it to have librdkafka found or built.`,
    );
  }
  if (statSync(path).isDirectory()) {
    throw new LibraryError(`LIBRDKAFKA_PATH is "${given}", a folder: name the library file in it.`);
  }
  return path;
}

/** Builds in a process of its own: the callers here are synchronous, and a build must go on drawing its progress. */
function buildInChild(
  environment: NodeJS.ProcessEnv,
  options: readonly string[],
  refused: readonly string[],
): string {
  const command = bunScript("build-library.ts", "--json", ...options);
  const child = Bun.spawnSync(command, {
    ...bunScriptOptions(environment),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const answer = child.stdout.toString();
  if (!answer) {
    const end = child.signalCode ? `ended by ${child.signalCode}` : `exit code ${child.exitCode}`;
    throw new LibraryError(
      `the build of librdkafka was interrupted (${end}); nothing half-made is left. Start again.`,
    );
  }
  const { path, failure }: { path?: string; failure?: string } = JSON.parse(answer);
  if (!path) throw new LibraryError(`${failure}${listed(refused)}\n${waysOut}`);
  return path;
}

function listed(refused: readonly string[]): string {
  return refused.map((line) => `\nNot used: ${line}.`).join("");
}

/**
 * What to do about a feature the library in use lacks, for the message of a client whose setting asks for it: `feature` is one of
 * `builtin.features` (`ssl`, `zstd`, `gzip`, `sasl_scram`, …). A sentence or two, without the library being opened.
 */
export function buildHint(feature: string, environment = process.env, path = librdkafkaPath()): string {
  const folder = dirname(path);
  const name = featureBehind(feature);
  const lacks = `librdkafka at ${path} was built without ${name ? optionalFeatures[name].title : feature}`;
  if (environment.LIBRDKAFKA_PATH)
    return `${lacks}: set LIBRDKAFKA_PATH to one that has it, or unset it to have one built here.`;
  const record = readBuildRecord(folder);
  if (!record || !name) return `${lacks}: set LIBRDKAFKA_PATH to one that has it.`;
  const { debian, alpine, homebrew, header } = optionalFeatures[name];
  if (record.headers.includes(name)) {
    return `${lacks} although <${header}> was there: ${folder}/build.log says why. Once mended, remove that folder and start again.`;
  }
  return (
    `${lacks}: install ${debian} (Debian, Ubuntu), ${alpine} (Alpine) or ${homebrew} (Homebrew) and start again, and it is built ` +
    "anew with it; or set LIBRDKAFKA_PATH to one that has it."
  );
}
