/**
 * Builds librdkafka: sources copied aside (nothing is written into node_modules), configured, compiled, opened once to see that it
 * works, and published under its final name by one rename. The caller holds the lock of the build; should two builds of the same
 * name run nevertheless, the rename still lets only whole folders be seen.
 */
import {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type BuildPlan, type BuildRecord, configureArguments, libraryFile } from "./build-cache.ts";
import { configuredFeatures, type OptionalFeatureName, optionalFeatures } from "./build-features.ts";
import { buildEnvironment } from "./build-tools.ts";
import { LibraryError } from "./library-error.ts";
import { probeLibrary } from "./library-probe.ts";
import { createProgressLine } from "./progress-line.ts";

export interface BuildOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly quiet: boolean;
  /** Aborted: the compiler is stopped, what was made so far removed, and the build rejects. */
  readonly signal: AbortSignal;
}

/** What `./configure` and `make` need of the source tree: without tests, documentation and the C++ wrapper. */
const neededSources = ["configure", "configure.self", "lds-gen.py", "mklove", "src", "LICENSES.txt"];

/** The last compiler of a build that was killed may still be writing while its folder is removed. */
const removal = { recursive: true, force: true, maxRetries: 5 } as const;

const compileCommand = / -c \S+\.c -o /g;

/** Builds `plan` and returns the library's path. Throws a `LibraryError` naming the log, which outlives the failure. */
export async function buildLibrary(
  plan: BuildPlan,
  { environment, quiet, signal }: BuildOptions,
): Promise<string> {
  removeLeftovers(plan);
  const work = workFolder(plan);
  const log = join(work, "build.log");
  let stage = "configuring";
  const progress = createProgressLine(
    (seconds) => `librdkafka ${plan.version}: ${stage}, ${seconds} s (built once, then kept)`,
    { quiet },
  );
  const startedAt = performance.now();
  try {
    for (const name of neededSources) {
      cpSync(join(plan.sources, name), join(work, name), { recursive: true, dereference: true });
    }
    const run = createRunner(work, log, environment, signal);
    await run(["bash", "./configure", ...configureArguments]);
    const make = ["make", "-C", "src", libraryFile];
    const total = count(await run([...make, "--dry-run"]));
    await run([...make, `-j${availableParallelism()}`], (output) => {
      stage = `compiling ${count(output)}/${total}`;
    });
    const features = publish(plan, work, log);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    progress.finish(
      `librdkafka ${plan.version}: built in ${seconds} s with ${titles(features)}, kept in ${plan.folder}`,
    );
    return join(plan.folder, libraryFile);
  } catch (error) {
    throw signal.aborted ? error : failureOf(plan, log, error);
  } finally {
    progress.stop();
    rmSync(work, removal);
  }
}

/** A new folder to build in, in the cache's own file system; but `configure` can't stand a space in its path. */
function workFolder(plan: BuildPlan): string {
  const parent = /\s/.test(plan.root) ? tmpdir() : plan.root;
  const work = join(parent, `${basename(plan.folder)}.work-${process.pid}`);
  rmSync(work, removal);
  mkdirSync(work);
  return work;
}

/** What killed builders of the same build left; none of them lives, for we hold the lock. */
function removeLeftovers(plan: BuildPlan): void {
  const leftover = new RegExp(`^${RegExp.escape(basename(plan.folder))}\\.(work|new|old)-\\d+$`);
  for (const name of readdirSync(plan.root)) {
    if (leftover.test(name)) rmSync(join(plan.root, name), removal);
  }
}

/** Runs commands in `work`, all they print going to `log`; `onOutput` gets all of it so far. Rejects when one fails. */
function createRunner(work: string, log: string, environment: NodeJS.ProcessEnv, signal: AbortSignal) {
  const env = buildEnvironment(environment);
  return async (command: string[], onOutput: (output: string) => void = () => {}): Promise<string> => {
    signal.throwIfAborted();
    appendFileSync(log, `$ ${command.join(" ")}\n`);
    // Interleaved as they come: the shell joins both streams into the one pipe that is read here.
    const child = Bun.spawn(["bash", "-c", 'exec "$@" 2>&1', "bash", ...command], {
      cwd: work,
      env,
      stdio: ["ignore", "pipe", "ignore"],
      signal,
    });
    let output = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      appendFileSync(log, chunk);
      output += decoder.decode(chunk, { stream: true });
      onOutput(output);
    }
    const exitCode = await child.exited;
    signal.throwIfAborted();
    if (exitCode !== 0) throw new Error(`${command.join(" ")} failed with exit code ${exitCode}`);
    return output;
  };
}

function count(output: string): number {
  return output.match(compileCommand)?.length ?? 0;
}

/** Checks the library in `work` and moves it to where it will be looked for. Returns the optional features it has. */
function publish(plan: BuildPlan, work: string, log: string): readonly OptionalFeatureName[] {
  const library = join(work, "src", libraryFile);
  const probed = probeLibrary(library);
  if ("failure" in probed) throw new Error(`the library was built but can't be opened: ${probed.failure}`);
  const features = configuredFeatures(readFileSync(join(work, "Makefile.config"), "utf8"));
  const record: BuildRecord = {
    version: plan.version,
    features,
    headers: plan.features,
    configureArguments,
    dependencies: probed.dependencies,
  };
  const complete = `${plan.folder}.new-${process.pid}`;
  rmSync(complete, removal);
  mkdirSync(complete);
  cpSync(library, join(complete, libraryFile));
  cpSync(log, join(complete, "build.log"));
  cpSync(join(work, "LICENSES.txt"), join(complete, "LICENSES.txt"));
  writeFileSync(join(complete, "build.json"), `${JSON.stringify(record, null, 2)}\n`);
  for (const name of readdirSync(complete)) flushToDisk(join(complete, name));
  const old = `${plan.folder}.old-${process.pid}`;
  if (existsSync(plan.folder)) renameSync(plan.folder, old);
  renameSync(complete, plan.folder);
  rmSync(old, removal);
  return features;
}

/** So that a power cut after the rename can't leave a name without its content. */
function flushToDisk(file: string): void {
  const descriptor = openSync(file, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function failureOf(plan: BuildPlan, log: string, error: unknown): LibraryError {
  const kept = `${plan.folder}.failed.log`;
  const reason = error instanceof Error ? error.message : String(error);
  if (!existsSync(log))
    return new LibraryError(`librdkafka ${plan.version} can't be built: ${reason}`, { cause: error });
  cpSync(log, kept);
  const ending = readFileSync(kept, "utf8").trimEnd().split("\n").slice(-12);
  const quoted = ending
    .map((line) => `\n  | ${line.length > 200 ? `${line.slice(0, 200)}…` : line}`)
    .join("");
  return new LibraryError(
    `librdkafka ${plan.version} can't be built: ${reason}. The log is ${kept}; it ends:${quoted}`,
    {
      cause: error,
    },
  );
}

function titles(features: readonly OptionalFeatureName[]): string {
  return [...features.map((name) => optionalFeatures[name].title), "lz4", "snappy"].join(", ");
}
