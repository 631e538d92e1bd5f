import { expect, test } from "bun:test";
import { createProgressLine } from "./progress.ts";

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) };
}

test("in a log, a line at the start and one at the end", () => {
  const log = stream(false);
  createProgressLine("Fetching…", log).finish("Fetched");
  expect(log.written.join("")).toBe("Fetching…\nFetched (0 s)\n");
  const given = stream(false);
  createProgressLine("Fetching…", given).abandon();
  expect(given.written.join("")).toBe("Fetching…\n");
});

test("on a terminal, one line that is replaced", () => {
  const terminal = stream(true);
  createProgressLine("Fetching…", terminal).finish("Fetched");
  expect(terminal.written.join("")).toBe("Fetching…\r\u001b[KFetched (0 s)\n");
});
