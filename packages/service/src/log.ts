/**
 * The log of a process: LogTape, one line a record to standard output. Configured once at start; after that any module
 * that is handed the logger, or a child of it, writes through the same format.
 */
import { configureSync, getLogger, type Logger } from "@logtape/logtape";
import type { LogFormat, LogLevel } from "./common-settings.ts";
import { lineFormatter } from "./log-format.ts";

export type { Logger };

export interface LogOptions {
  /** The name that lines carry: the service's. */
  name: string;
  level?: LogLevel;
  format?: LogFormat;
  /** Where a line goes, without its line feed. */
  write?: (line: string) => void;
}

/** Sets up the process's log, anew if it was before, and gives the service's logger. */
export function createLog({
  name,
  level = "info",
  format = "pretty",
  // One write a line, done when it returns: the last line before an exit is not lost.
  write = (line) => console.log(line),
}: LogOptions): Logger {
  const toLine = lineFormatter(format);
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(toLine(record)) },
    loggers: [
      { category: [], sinks: ["lines"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "warning", parentSinks: "override" },
    ],
  });
  return getLogger([name]);
}
