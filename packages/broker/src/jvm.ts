/** How a class of Kafka's jars is run: the command line of a broker and of a tool. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { archiveOptions } from "./class-archive.ts";
import type { Jars } from "./jar-cache.ts";
import type { Java } from "./java.ts";

/** Kafka's own log levels, as log4j knows them. */
export type LogLevel = "ERROR" | "WARN" | "INFO" | "DEBUG";

/** What to run Kafka with. */
export interface Runtime {
  readonly java: Java;
  readonly jars: Jars;
}

const LOG_CONFIG = pathToFileURL(fileURLToPath(new URL("../log4j2.properties", import.meta.url))).href;

/** The broker: it runs for long, with all of the compiler, and dies rather than limp on without memory. */
export function brokerCommand(
  { java, jars }: Runtime,
  options: { heapMiB: number; logLevel: LogLevel; javaOptions: readonly string[]; args: readonly string[] },
): string[] {
  return [
    java.path,
    `-Xmx${options.heapMiB}m`,
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    ...logging(options.logLevel),
    ...options.javaOptions,
    "-cp",
    jars.classPath,
    "kafka.Kafka",
    ...options.args,
  ];
}

/** A program that is over in a second: quick to start. */
export function toolCommand(runtime: Runtime, mainClass: string, args: readonly string[]): string[] {
  const { java, jars } = runtime;
  return [
    java.path,
    ...archiveOptions(runtime),
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
    ...logging("WARN"),
    "-cp",
    jars.classPath,
    mainClass,
    ...args,
  ];
}

function logging(level: LogLevel): string[] {
  return [`-Dlog4j2.configurationFile=${LOG_CONFIG}`, `-Dkafka.log.level=${level}`];
}
