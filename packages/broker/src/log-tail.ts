// The end of a log file, to be quoted in an error.

import { open } from "node:fs/promises";

const READ_BYTES = 16_384;

/** The last lines of `file` after byte `from`, indented, stack frames left out; empty if there are none. */
export async function readTail(file: string, { lines = 20, from = 0 } = {}): Promise<string> {
  const handle = await open(file, "r").catch(() => undefined);
  if (!handle) return "";
  try {
    const { size } = await handle.stat();
    const start = Math.max(Math.min(from, size), size - READ_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return formatTail(buffer.toString("utf8", 0, bytesRead), lines);
  } finally {
    await handle.close();
  }
}

/** The last of the lines that say something: Java's stack frames bury the message they belong to. */
export function formatTail(text: string, lines: number): string {
  return text
    .split("\n")
    .filter(
      (line) => line.trim() !== "" && !/^\s+at [\w.$/<>]+\(/.test(line) && !/^\s+\.\.\. \d+ more/.test(line),
    )
    .slice(-lines)
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}
