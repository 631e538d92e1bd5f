/**
 * Builds librdkafka from the sources in the npm package, unless it is built already; by hand, from a Dockerfile, or started by
 * `library-path.ts`. Prints the library's path on stdout, one moving line of progress on stderr.
 *
 *     bun build-library.ts [--force] [--quiet] [--out DIR] [--sources DIR] [--json]
 */
import { accessSync, constants, cpSync, mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type BuildPlan, cachedLibrary, planBuild } from "./build-cache.ts";
import { type BuildOptions, buildLibrary } from "./build-steps.ts";
import { requireBuildTools } from "./build-tools.ts";
import { LibraryError, waysOut } from "./library-error.ts";
import { withProcessLock } from "./process-lock.ts";
import { createProgressLine, type ProgressLine } from "./progress-line.ts";

const usage = `Usage: bun build-library.ts [options]
  --force        build even if it is built already
  --quiet        no progress
  --out DIR      also copy the finished library, its record, log and licences into DIR
  --sources DIR  another source tree of librdkafka than the npm package's
  --json         print {"path": …} or {"failure": …} on stdout`;

type Arguments = ReturnType<typeof readArguments>;

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      force: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      out: { type: "string" },
      sources: { type: "string" },
    },
  });
  return values;
}

/** The finished library: the one that is there, or that another process is just building, or a new one. */
async function provide(plan: BuildPlan, force: boolean, options: BuildOptions): Promise<string> {
  const ready = force ? undefined : cachedLibrary(plan);
  if (ready) return ready;
  requireBuildTools(options.environment);
  requireCacheFolder(plan.root);
  let waiting: ProgressLine | undefined;
  const wait = () => {
    const render = (seconds: number) =>
      `librdkafka ${plan.version}: another process is building it, waiting for that, ${seconds} s`;
    waiting = createProgressLine(render, options);
  };
  return withProcessLock(`${plan.folder}.lock`, wait, async () => {
    waiting?.stop();
    const built = force && !waiting ? undefined : cachedLibrary(plan);
    return built ?? buildLibrary(plan, options);
  });
}

function requireCacheFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const reason = (error as Error).message;
    throw new LibraryError(
      `librdkafka has to be built and can't be kept: ${reason}. Set XDG_CACHE_HOME to a folder that can be written.`,
    );
  }
}

async function run({ force, quiet, sources, out }: Arguments, signal: AbortSignal): Promise<string> {
  if (!["linux", "darwin"].includes(process.platform)) {
    throw new LibraryError(
      `librdkafka is built here on Linux and macOS only, and this is ${process.platform}.`,
    );
  }
  const plan = planBuild(process.env, sources);
  if (!plan) {
    throw new LibraryError(
      sources
        ? `${resolve(sources)} is not a source tree of librdkafka: it has no src/rdkafka.h with a version.`
        : "the sources of librdkafka are not installed: run `bun install` (they are in @confluentinc/kafka-javascript).",
    );
  }
  const library = await provide(plan, force, { environment: process.env, quiet, signal });
  if (!out) return library;
  cpSync(dirname(library), resolve(out), { recursive: true });
  return join(resolve(out), basename(library));
}

function parseOrExit(): Arguments {
  try {
    const args = readArguments(process.argv.slice(2));
    if (!args.help) return args;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

const args = parseOrExit();
const interrupted = new AbortController();
const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
let exitCode = 1;
for (const [name, number] of Object.entries(signals)) {
  process.once(name, () => {
    exitCode = 128 + number;
    interrupted.abort();
  });
}
try {
  const path = await run(args, interrupted.signal);
  console.log(args.json ? JSON.stringify({ path }) : path);
  process.exit(0);
} catch (error) {
  if (!interrupted.signal.aborted) {
    const failure = error instanceof LibraryError ? error.message : `librdkafka can't be built: ${error}`;
    if (args.json) console.log(JSON.stringify({ failure }));
    else console.error(`${failure}\n${waysOut}`);
  }
  process.exit(exitCode);
}
