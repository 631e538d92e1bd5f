/**
 * The folder Apache Kafka's jars are kept in between runs, and how to tell that it is whole.
 *
 * A set of jars is a folder named after Kafka's version and a hash of pom.xml. It is put together under another name and
 * renamed once complete, so it is either there or not; a list of its files with their sizes lies beside them, so that a
 * folder someone has since deleted from is noticed and fetched again instead of failing inside Java.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "./java.ts";

/** What Maven is given. */
export const POM_FILE = fileURLToPath(new URL("../pom.xml", import.meta.url));

const pom = readFileSync(POM_FILE, "utf8");

/** The version of Apache Kafka this package runs. */
export const KAFKA_VERSION = /<kafka\.version>(.+?)<\/kafka\.version>/.exec(pom)![1]!;

/** The name of the folder with the jars: another pom, another folder. */
export const JARS_NAME = `apache-kafka-${KAFKA_VERSION}-${createHash("sha256").update(pom).digest("hex").slice(0, 8)}`;

const LIST_FILE = "jars.json";

/** Apache Kafka's jars on this machine. */
export interface Jars {
  readonly folder: string;
  /** For `java -cp`. */
  readonly classPath: string;
}

type JarList = Record<string, number /* bytes */>;

/**
 * Where this project keeps what it fetches once: CAMPUS_CACHE_DIR, else `campus-orders` in the user's cache folder
 * (XDG_CACHE_HOME, ~/.cache).
 */
export function cacheFolder(env: Environment = process.env): string {
  if (env.CAMPUS_CACHE_DIR) return resolve(env.CAMPUS_CACHE_DIR);
  const xdg = env.XDG_CACHE_HOME;
  // The XDG specification says to ignore a path that is not absolute.
  const base = xdg && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), ".cache");
  return join(base, "campus-orders");
}

/** The jars in `folder`, if all of them are there. */
export async function readJars(folder: string): Promise<Jars | undefined> {
  const libs = join(folder, "libs");
  let expected: JarList;
  try {
    expected = await Bun.file(join(folder, LIST_FILE)).json();
  } catch {
    return undefined; // not there, or cut short: either way to be fetched
  }
  const whole = await Promise.all(
    Object.entries(expected).map(async ([name, bytes]) => {
      const found = await stat(join(libs, name)).catch(() => undefined);
      return found?.size === bytes;
    }),
  );
  return whole.every(Boolean) ? { folder, classPath: join(libs, "*") } : undefined;
}

/** Writes the list that `readJars` goes by; the last step before a folder is renamed to its final name. */
export async function writeJarList(folder: string): Promise<number> {
  const list: JarList = {};
  for (const name of (await readdir(join(folder, "libs"))).sort()) {
    list[name] = (await stat(join(folder, "libs", name))).size;
  }
  await Bun.write(join(folder, LIST_FILE), `${JSON.stringify(list, null, 1)}\n`);
  return Object.keys(list).length;
}
