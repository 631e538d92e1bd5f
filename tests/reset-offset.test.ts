/** tests/reset_offset.sh on its own: how it understands its arguments, and which tool it takes. What a reset does, replay.test.ts shows. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "campus-reset-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that prints its name and arguments. */
async function stub(name: string, body = ""): Promise<void> {
  const path = join(folder, name);
  await Bun.write(path, `#!/bin/sh\n${body}\necho "${name} $*"\n`);
  await chmod(path, 0o755);
}

/** Runs the script with nothing on its PATH but the stubs and the basic tools. */
async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = Bun.spawn([join(import.meta.dir, "reset_offset.sh"), ...args], {
    env: { PATH: `${folder}:/usr/bin:/bin`, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout: stdout.trim(), stderr, exitCode };
}

test.each([
  [["--to-noon"], "There is no option --to-noon"],
  [["--group"], "--group needs a value"],
  [["--topic", "--dry-run"], "--topic needs a value, and --dry-run is an option"],
  [["--topic", "two words"], '--topic is "two words", which is no topic\'s name'],
  [["--all-topics", "--topic", "order-events"], "--all-topics and --topic exclude each other"],
])("%p: exit code 2 and why", async (args, reason) => {
  const { exitCode, stderr } = await run(args);
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith(reason);
});

test("the container's tool where the container runs, one on PATH where another cluster is named", async () => {
  await stub("docker", '[ "$1" != inspect ] || { echo true; exit; }');
  await stub("kafka-consumer-groups");
  const reset = "--group analytics-group --reset-offsets --to-earliest --all-topics --execute";
  const inContainer = `docker exec streaming_kafka kafka-consumer-groups --bootstrap-server localhost:9092 ${reset}`;
  expect((await run([])).stdout).toBe(inContainer);
  expect((await run(["--bootstrap-server", "localhost:9092"])).stdout).toBe(inContainer);
  expect((await run([], { KAFKA_BROKER: "kafka.example:9093" })).stdout).toBe(
    `kafka-consumer-groups --bootstrap-server kafka.example:9093 ${reset}`,
  );
  const several = ["--to-latest", "--topic", "order-events", "--topic", "inventory-events:0,1", "--dry-run"];
  expect((await run([...several, "--bootstrap-server", "a:1", "--group", "g"])).stdout).toStartWith(
    "kafka-consumer-groups --bootstrap-server a:1 --group g --reset-offsets --to-latest --topic order-events --topic inventory-events:0,1 --dry-run",
  );
});

test("a tool that fails, in words or by its exit code, is a failure", async () => {
  await stub("docker", "exit 1");
  const server = ["--bootstrap-server", "a:1"];
  await stub("kafka-consumer-groups", "echo 'Error: Executing consumer group command failed'");
  expect((await run(server)).exitCode).toBe(1);
  await stub("kafka-consumer-groups", "exit 7");
  expect((await run(server)).exitCode).toBe(1);
  await stub("kafka-consumer-groups", "");
  expect((await run(server)).exitCode).toBe(0);
});
