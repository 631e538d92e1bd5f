/** The part of a log worth quoting in an error: the end of it, without the noise. */
import { open } from "node:fs/promises";

/** A start at level INFO prints some 200 kB; the reason it failed may be anywhere in it. */
const READ_BYTES = 1 << 20;

/** What `file` holds after byte `from`, the last megabyte of it; empty if there is no such file. */
export async function readLog(file: string, from = 0): Promise<string> {
  const handle = await open(file, "r").catch(() => undefined);
  if (!handle) return "";
  try {
    const { size } = await handle.stat();
    const start = Math.max(Math.min(from, size), size - READ_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * The last `lines` that say something, indented. Java's stack frames bury the message they belong to, and what is merely
 * told (INFO and below) is left out unless there is nothing else.
 */
export function formatTail(text: string, lines = 20): string {
  const said = Bun.stripANSI(text)
    .split("\n")
    .filter((line) => !/^(\[ERROR\])?\s*$/.test(line) && !isStackFrame(line));
  const serious = said.filter((line) => !/^\S+ \S+ (INFO|DEBUG|TRACE) |^\s+(\S+ = |\(\w+\)$)/.test(line));
  return (serious.length > 0 ? serious : said)
    .slice(-lines)
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}

function isStackFrame(line: string): boolean {
  return /^\s+at \S+\(.*\)|^\s+\.\.\. \d+ more/.test(line);
}
