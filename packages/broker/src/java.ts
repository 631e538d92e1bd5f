/**
 * Finds a Java that can run Apache Kafka: JAVA_HOME first, then PATH, the first one that is new enough. It is asked for
 * its version by running it, because macOS ships a `java` that only tells you to install one.
 */
import { join } from "node:path";
import { BrokerError } from "./error.ts";

/** Apache Kafka 4 brokers need at least this. */
export const MINIMUM_JAVA = 17;

export type Environment = Record<string, string | undefined>;

export interface Java {
  /** Path of the `java` program. */
  readonly path: string;
  /** Feature release: 17, 21, … */
  readonly release: number;
  /** As Java writes it: `17.0.15`. */
  readonly version: string;
}

/** For those who can't have Java or Apache Kafka here. */
export const WITHOUT_JAVA =
  "Or do without Java: the embedded cluster (`bun run kafka --embedded`), or KAFKA_BROKER set to a cluster you have.";

/** The ways to get what is missing, for the systems people run this on. */
export const WAYS_OUT = [
  "  Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven",
  "  Alpine:         apk add openjdk17-jre-headless maven gcompat",
  "  macOS:          brew install openjdk@17 maven   (and point JAVA_HOME at it)",
  WITHOUT_JAVA,
].join("\n");

/**
 * The Java to run Kafka with.
 * @throws BrokerError JAVA_MISSING, saying what was found instead and how to get a right one.
 */
export async function findJava(env: Environment = process.env): Promise<Java> {
  const rejected: string[] = [];
  for (const path of candidates(env)) {
    const found = await askVersion(path, env);
    if (typeof found === "string") rejected.push(`${path}: ${found}`);
    else if (found.release < MINIMUM_JAVA) rejected.push(`${path}: Java ${found.version}, too old`);
    else return found;
  }
  const seen = rejected.length > 0 ? `found ${rejected.join("; ")}` : "found none at JAVA_HOME or on PATH";
  throw new BrokerError(
    "JAVA_MISSING",
    `Apache Kafka needs Java ${MINIMUM_JAVA} or newer: ${seen}.\n${WAYS_OUT}`,
  );
}

/** The version in what `java -version` prints, or undefined where it prints none. */
export function parseJavaVersion(output: string): { release: number; version: string } | undefined {
  const match = /version "((\d+)(?:\.(\d+))?[^"]*)"/.exec(output);
  if (!match) return undefined;
  const first = Number(match[2]);
  // Up to Java 8 the release was the second number: 1.8.0_292.
  return { release: first === 1 ? Number(match[3] ?? 1) : first, version: match[1]! };
}

function candidates(env: Environment): string[] {
  const paths: string[] = [];
  if (env.JAVA_HOME) paths.push(join(env.JAVA_HOME, "bin", "java"));
  const onPath = Bun.which("java", { PATH: env.PATH ?? "" });
  if (onPath) paths.push(onPath);
  return paths;
}

/** The Java at `path`, or in words why it can't be used. */
async function askVersion(path: string, env: Environment): Promise<Java | string> {
  if (!(await Bun.file(path).exists())) return "no such file";
  try {
    const child = Bun.spawn([path, "-version"], { env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const output = await child.stderr.text();
    await child.exited;
    const version = parseJavaVersion(output);
    if (version) return { path, ...version };
    return `no Java (${output.trim().split("\n")[0] || `it ended with ${child.exitCode}`})`;
  } catch (error) {
    return `does not run (${error instanceof Error ? error.message : String(error)})`;
  }
}
