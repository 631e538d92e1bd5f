/**
 * Kafka's classes, loaded and checked once and then mapped from a file: a broker starts in about half the time (Java's
 * "application class-data sharing"). The file is made by the first broker that ends in order, beside the jars, and named
 * after the Java that made it; without it, or where Java does not like it, everything works the same, only slower.
 */
import { existsSync } from "node:fs";
import { copyFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Runtime } from "./jvm.ts";

/** Java's own remarks about the archive are of no interest to a user, and must not get into a tool's stdout. */
const QUIET = ["-Xlog:disable", "-Xlog:all=error:stderr"];

/** The options that make use of the archive, if there is one. */
export function archiveOptions(runtime: Runtime): string[] {
  const file = archiveFile(runtime);
  return existsSync(file) ? [`-XX:SharedArchiveFile=${file}`, ...QUIET] : [];
}

/** The options that make Java write an archive to `recording` when it ends; none if there is one already. */
export function recordingOptions(runtime: Runtime, recording: string): string[] {
  if (existsSync(archiveFile(runtime))) return [];
  return ["-XX:+IgnoreUnrecognizedVMOptions", `-XX:ArchiveClassesAtExit=${recording}`, ...QUIET];
}

/**
 * Takes over what a Java that has ended wrote to `recording`; `complete` says that it was not killed while writing. Never
 * fails: where the cache can't be written to (any more), brokers start without an archive, as they did so far.
 */
export async function adoptRecording(runtime: Runtime, recording: string, complete: boolean): Promise<void> {
  const file = archiveFile(runtime);
  const partial = `${file}.${crypto.randomUUID()}`;
  try {
    if (complete && existsSync(recording) && !existsSync(file)) {
      await copyFile(recording, partial);
      await rename(partial, file); // whole or not there: another process may be starting a broker now
    }
  } catch {
    await rm(partial, { force: true });
  }
  await rm(recording, { force: true });
}

function archiveFile({ java, jars }: Runtime): string {
  return join(jars.folder, `classes-java-${java.version.replace(/[^\w.+-]/g, "_")}.jsa`);
}
