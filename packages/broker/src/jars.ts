/**
 * Gets Apache Kafka's jars: from the cache, or once from Maven Central by the machine's own Maven (so its mirrors and
 * proxies apply), with one line of progress. Processes that start at once wait for the first one to fetch.
 */
import { access, constants, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BrokerError } from "./error.ts";
import { describeExit, spawnGuarded } from "./guarded-process.ts";
import {
  cacheFolder,
  JARS_NAME,
  type Jars,
  KAFKA_VERSION,
  POM_FILE,
  readJars,
  writeJarList,
} from "./jar-cache.ts";
import { type Environment, findJava, WAYS_OUT, WITHOUT_JAVA } from "./java.ts";
import { acquireLock } from "./lock.ts";
import { formatTail, readLog } from "./log-tail.ts";
import { createProgressLine, type ProgressStream } from "./progress.ts";

const DOWNLOAD_TIMEOUT_MS = 600_000;
const LOG_NAME = "maven.log";
const PARTIAL = ".partial";

export interface JarOptions {
  /** The folder the project keeps fetched things in; see `cacheFolder`. */
  cacheDir?: string;
  env?: Environment;
  progress?: ProgressStream;
  signal?: AbortSignal | undefined;
}

/**
 * Apache Kafka's jars, fetched if they are not there yet.
 * @throws BrokerError MAVEN_MISSING, DOWNLOAD_FAILED
 */
export async function ensureJars(options: JarOptions = {}): Promise<Jars> {
  const { env = process.env, cacheDir = cacheFolder(env), progress = process.stderr, signal } = options;
  const folder = join(cacheDir, JARS_NAME);
  const cached = await readJars(folder);
  if (cached) return cached;
  const maven = findMaven(env);
  if (!maven) throw mavenMissing(folder);
  await makeCacheFolder(cacheDir);
  // Not inside `folder`, which comes and goes: all who wait must wait on one and the same file.
  using _lock = await acquireLock(join(cacheDir, "apache-kafka.lock"), {
    signal,
    onWait: () => progress.write("Another process is fetching Apache Kafka; waiting for it…\n"),
  });
  return (await readJars(folder)) ?? (await fetchJars({ maven, folder, cacheDir, env, progress, signal }));
}

/**
 * Whether Apache Kafka can be started here, for tests that need it: `ok`, or the reason in words. Looks only, fetches
 * nothing; where the jars are not in the cache yet, Maven is needed too.
 */
export async function apacheAvailable(
  options: Pick<JarOptions, "cacheDir" | "env"> = {},
): Promise<{ ok: true } | { ok: false; reason: string }> {
  const { env = process.env, cacheDir = cacheFolder(env) } = options;
  try {
    await findJava(env);
    const folder = join(cacheDir, JARS_NAME);
    if (!(await readJars(folder)) && !findMaven(env)) throw mavenMissing(folder);
    return { ok: true };
  } catch (error) {
    if (error instanceof BrokerError) return { ok: false, reason: error.message };
    throw error;
  }
}

interface Fetch extends Required<Omit<JarOptions, "signal">> {
  maven: string;
  folder: string;
  signal: AbortSignal | undefined;
}

/** Fetches under the lock: any half-made folder found now was left by a process that died. */
async function fetchJars({ maven, folder, cacheDir, env, progress, signal }: Fetch): Promise<Jars> {
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith("apache-kafka-") && name.endsWith(PARTIAL)) {
      await rm(join(cacheDir, name), { recursive: true, force: true });
    }
  }
  const partial = `${folder}.${process.pid}${PARTIAL}`;
  await mkdir(partial);
  const line = createProgressLine(
    `Fetching Apache Kafka ${KAFKA_VERSION} from Maven Central (54 MB, once)…`,
    progress,
  );
  try {
    await runMaven({ maven, folder, env, signal }, partial);
    // Maven makes its target folder again if someone deletes it, and fills it with what it has not copied yet.
    if (!(await Bun.file(join(partial, LOG_NAME)).exists())) throw deletedMeanwhile(partial);
    const count = await writeJarList(partial);
    const jars = await putInPlace(partial, folder);
    line.finish(`Fetched Apache Kafka ${KAFKA_VERSION}: ${count} jars in ${folder}`);
    return jars;
  } catch (error) {
    line.abandon();
    await rm(partial, { recursive: true, force: true });
    throw (error as { code?: string }).code === "ENOENT" ? deletedMeanwhile(partial, error) : error;
  }
}

async function putInPlace(partial: string, folder: string): Promise<Jars> {
  await rm(folder, { recursive: true, force: true }); // an incomplete one: readJars refused it
  await rename(partial, folder);
  const jars = await readJars(folder);
  if (!jars) throw deletedMeanwhile(folder);
  return jars;
}

async function runMaven(
  { maven, folder, env, signal }: Pick<Fetch, "maven" | "folder" | "env" | "signal">,
  partial: string,
): Promise<void> {
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies";
  const child = await spawnGuarded(
    [
      ...[maven, "-B", "-q", "-Dstyle.color=never", "-f", POM_FILE, goal],
      ...["-DincludeScope=runtime", `-DoutputDirectory=${join(partial, "libs")}`],
    ],
    { logFile: join(partial, LOG_NAME), env, removeAfter: partial },
  );
  const stop = (): void => child.signal("SIGKILL");
  const timer = setTimeout(stop, DOWNLOAD_TIMEOUT_MS);
  signal?.addEventListener("abort", stop);
  try {
    const exit = await child.exited;
    signal?.throwIfAborted();
    if (exit.code === 0) return;
    const slow = exit.signal === "SIGKILL" ? ` (it is given ${DOWNLOAD_TIMEOUT_MS / 60_000} minutes)` : "";
    const log = formatTail(await readLog(join(partial, LOG_NAME)));
    throw downloadFailed(`mvn ${describeExit(exit)}${slow}`, log, folder);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function findMaven(env: Environment): string | undefined {
  return Bun.which("mvn", { PATH: env.PATH ?? "" }) ?? undefined;
}

function mavenMissing(folder: string): BrokerError {
  return new BrokerError(
    "MAVEN_MISSING",
    `Apache Kafka ${KAFKA_VERSION} is not in ${folder} yet, and fetching it needs Maven: no \`mvn\` on PATH.\n${WAYS_OUT}`,
  );
}

function downloadFailed(what: string, log: string, folder: string): BrokerError {
  return new BrokerError(
    "DOWNLOAD_FAILED",
    [
      `Fetching Apache Kafka ${KAFKA_VERSION} from Maven Central failed: ${what}.`,
      ...(log ? [`The end of what it said:\n${log}`] : []),
      "Check the network; a proxy or a mirror goes into ~/.m2/settings.xml. On a machine without a network, copy the",
      `folder ${folder} from one that has it.`,
      WITHOUT_JAVA,
    ].join("\n"),
  );
}

function deletedMeanwhile(folder: string, cause?: unknown): BrokerError {
  const message = `${folder} was deleted while Apache Kafka was being fetched into it. Start again.`;
  return new BrokerError("DOWNLOAD_FAILED", message, { cause });
}

async function makeCacheFolder(cacheDir: string): Promise<void> {
  try {
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK);
  } catch (cause) {
    throw new BrokerError(
      "DOWNLOAD_FAILED",
      `Apache Kafka's jars are to be kept in ${cacheDir}, which can't be written to (${(cause as Error).message}). ` +
        "Set CAMPUS_CACHE_DIR to a folder that can.",
      { cause },
    );
  }
}
