import { expect, test } from "bun:test";
import { createProgressLine } from "./progress-line.ts";

function createStream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test("a terminal's line is redrawn in place, and taken away when stopped", () => {
  const stream = createStream(true);
  const progress = createProgressLine(() => "half way", { stream });
  progress.stop();
  progress.stop();
  expect(stream.written).toEqual(["\r\x1b[2Khalf way", "\r\x1b[2K"]);
});

test("elsewhere a line at the start and one at the end, without control characters", () => {
  const stream = createStream(false);
  const progress = createProgressLine((seconds) => `${seconds} s`, { stream });
  progress.finish("done");
  progress.stop();
  expect(stream.written).toEqual(["0 s\n", "done\n"]);
});

test("quiet writes nothing", () => {
  const stream = createStream(true);
  createProgressLine(() => "half way", { stream, quiet: true }).finish("done");
  expect(stream.written).toEqual([]);
});
