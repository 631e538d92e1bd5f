/**
 * Where builds of librdkafka are kept: a folder each, named after all that decided what was built. A folder appears by one rename
 * when it is complete, so whatever is found is whole, whoever was killed while making it.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { featuresWithHeader, type OptionalFeatureName } from "./build-features.ts";
import { describeVersion } from "./library-version.ts";

/** librdkafka's file name on this system; the 1 is its ABI. */
export const libraryFile = process.platform === "darwin" ? "librdkafka.1.dylib" : "librdkafka.so.1";

/**
 * GSSAPI (Kerberos) would need the machine's Cyrus library; LZ4 comes from librdkafka's own sources, whatever the machine has, so
 * that the build needs nothing more to run. `configure` is never to download anything.
 */
export const configureArguments = [
  "--no-download",
  "--disable-gssapi",
  "--disable-lz4-ext",
  "--disable-debug-symbols",
  "--enable-strip",
] as const;

/** A build as it is to be: what from, and where to. */
export interface BuildPlan {
  readonly version: string;
  readonly sources: string;
  /** The features whose headers are here. */
  readonly features: readonly OptionalFeatureName[];
  /** The folder all builds are kept in. */
  readonly root: string;
  /** The folder of this one. */
  readonly folder: string;
}

/** What is written down beside a finished library, as `build.json`. */
export interface BuildRecord {
  readonly version: string;
  /** The optional features that are in it. */
  readonly features: readonly OptionalFeatureName[];
  /** Those whose headers were found; one that is missing from `features` was found unusable by `configure`. */
  readonly headers: readonly OptionalFeatureName[];
  readonly configureArguments: readonly string[];
  /** The shared libraries it was linked with, by path. */
  readonly dependencies: readonly string[];
}

/** Plans a build from `sources`, by default those in the npm package. Undefined where that is not installed. */
export function planBuild(
  environment: NodeJS.ProcessEnv,
  sources = packagedSources(),
): BuildPlan | undefined {
  const version = sources && sourceVersion(sources);
  if (!version) return undefined;
  const features = featuresWithHeader(environment);
  const custom = sources === packagedSources() ? undefined : resolve(sources);
  const decided = JSON.stringify({ version, features, configureArguments, custom });
  const hash = new Bun.CryptoHasher("sha256").update(decided).digest("hex").slice(0, 8);
  const root = join(cacheFolder(environment), "campus-orders", "librdkafka");
  const name = [version, process.platform, process.arch, libcName(), hash].join("-");
  return { version, sources, features, root, folder: join(root, name) };
}

/** The library of `plan` if it is built and what it was linked with is still there (a system upgrade may take that away). */
export function cachedLibrary(plan: BuildPlan): string | undefined {
  const record = readBuildRecord(plan.folder);
  const library = join(plan.folder, libraryFile);
  return record?.dependencies.every((file) => existsSync(file)) && existsSync(library) ? library : undefined;
}

/** What is known of the build in `folder`; undefined if none is there. */
export function readBuildRecord(folder: string): BuildRecord | undefined {
  const file = join(folder, "build.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as BuildRecord) : undefined;
}

function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return resolve(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache"));
}

/**
 * `deps/librdkafka` of the npm package, looked up by hand from this file upwards: the module resolver remembers for the life of a
 * process that there was no `node_modules`, and would not see one that has just been installed.
 */
function packagedSources(): string | undefined {
  for (let folder = import.meta.dir; ; folder = dirname(folder)) {
    const sources = join(folder, "node_modules", "@confluentinc", "kafka-javascript", "deps", "librdkafka");
    if (existsSync(sources)) return sources;
    if (folder === dirname(folder)) return undefined;
  }
}

function sourceVersion(sources: string): string | undefined {
  const header = join(sources, "src", "rdkafka.h");
  if (!existsSync(header)) return undefined;
  const version = readFileSync(header, "latin1").match(/^#define\s+RD_KAFKA_VERSION\s+(0x[0-9a-f]{8})/m)?.[1];
  return version && describeVersion(Number(version));
}

/** Which C library this process runs on: a build for the other one can't be opened. */
function libcName(): string {
  if (process.platform !== "linux") return "system";
  return /\/(ld-musl-|libc\.musl-)/.test(readFileSync("/proc/self/maps", "utf8")) ? "musl" : "glibc";
}
