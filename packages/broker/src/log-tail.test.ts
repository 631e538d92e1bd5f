import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTail, readTail } from "./log-tail.ts";

const TRACE = `2026-01-01 ERROR Exiting Kafka
java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:1)
\t... 12 more
Caused by: something else
`;

test("stack frames are left out, what they belong to stays", () => {
  expect(formatTail(TRACE, 20)).toBe(
    "  2026-01-01 ERROR Exiting Kafka\n  java.net.BindException: Address already in use\n  Caused by: something else",
  );
  expect(formatTail(TRACE, 1)).toBe("  Caused by: something else");
});

test("a file's end, from where it matters", async () => {
  const file = join(tmpdir(), `campus-tail-${crypto.randomUUID()}`);
  expect(await readTail(file)).toBe("");
  const filler = "old line\n".repeat(10_000);
  await Bun.write(file, `${filler}new 1\nnew 2\n`);
  expect(await readTail(file, { from: filler.length })).toBe("  new 1\n  new 2");
  expect(await readTail(file, { lines: 3 })).toBe("  old line\n  new 1\n  new 2");
  expect(await readTail(file, { from: 10_000_000 })).toBe("");
  await rm(file);
});
