import { afterAll, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTail, readLog } from "./log-tail.ts";

const file = join(tmpdir(), `campus-log-${crypto.randomUUID()}`);
afterAll(() => rm(file, { force: true }));

const TRACE = `2026-01-01 10:00:00.000 ERROR Exiting Kafka
java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:1) [kafka.jar:?]
\t... 12 more
Caused by: something else
`;

test("stack frames are left out, what they belong to stays", () => {
  const quoted = "java.net.BindException: Address already in use\n  Caused by: something else";
  expect(formatTail(TRACE)).toBe(`  2026-01-01 10:00:00.000 ERROR Exiting Kafka\n  ${quoted}`);
  expect(formatTail(TRACE, 1)).toBe("  Caused by: something else");
});

test("what is merely told is left out, unless there is nothing else", () => {
  const told = "2026-01-01 10:00:00.000 INFO  KafkaConfig values:\n\tlog.dirs = /data\n (Config)\n";
  expect(formatTail(`${TRACE}${told.repeat(100)}`)).toBe(formatTail(TRACE));
  expect(formatTail(told)).toBe(
    "  2026-01-01 10:00:00.000 INFO  KafkaConfig values:\n  \tlog.dirs = /data\n   (Config)",
  );
  expect(formatTail("")).toBe("");
});

test("a log is read from where it matters, and not without end", async () => {
  expect(await readLog(file)).toBe("");
  const filler = "old\n".repeat(1_000);
  await Bun.write(file, `${filler}new\n`);
  expect(await readLog(file, filler.length)).toBe("new\n");
  expect(await readLog(file, 1e9)).toBe("");
  await Bun.write(file, `${"x".repeat(3 << 20)}end`);
  expect(await readLog(file)).toHaveLength(1 << 20);
  expect(await readLog(file)).toEndWith("end");
});
