/**
 * Runs the programs of packages/confluent on Bun and, where the client with its original addon is installed, on Node. What a program prints on Bun must
 * be what it printed on Node when its `expected/` file was made; where the addon is, Node must still print just that.
 *
 * The addon on Node is the one that the bench installs for its peer `official-node`, or that of a folder CONFLUENT_ON_NODE names. It is not installed here, not
 * even with CI set: no registry has it ready-made, and building it takes minutes. UPDATE_EXPECTED=1 writes what Node prints to the files.
 */
import { expect } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outFolder } from "../../bench/harness/out-folder.ts";

const packageFolder = join(import.meta.dir, "../../packages/confluent");
const programs = join(packageFolder, "programs");

const installed = process.env.CONFLUENT_ON_NODE ?? join(outFolder, "peers/official-node");
const addon = "node_modules/@confluentinc/kafka-javascript/build/Release/confluent-kafka-javascript.node";

/** Where Node's `node_modules` with the addon are; null where there are none. */
export function clientOnNode(): string | null {
  if (Bun.which("node") && existsSync(join(installed, addon))) return installed;
  console.warn(
    "skipped: the comparison with Node itself, only what it printed earlier is compared with (the client with its addon is not installed here: " +
      "`bun bench client-produce --peers official-node` does that, or set CONFLUENT_ON_NODE to a folder that has it)",
  );
  return null;
}

export interface ProgramRun {
  readonly brokers: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the client with its addon is, if anywhere. */
  readonly node: string | null;
}

let runs = 0;

/** Runs a program on both, and fails unless both print what is expected. */
export async function expectSame(
  program: string,
  { brokers, environment = {}, node }: ProgramRun,
): Promise<void> {
  const file = Bun.file(join(programs, "expected", `${program}.txt`));
  const run = (kind: string) => ({
    ...environment,
    PROGRAM_BROKERS: brokers,
    PROGRAM_RUN: `${kind}-${process.pid}-${runs++}`,
  });
  const command = [
    process.execPath,
    "--preload",
    "@campus/confluent/register",
    join(programs, `${program}.cjs`),
  ];
  const [onBun, onNode] = await Promise.all([
    outputOf(command, run("bun")),
    node === null ? null : runOnNode(node, program, run("node")),
  ]);
  if (onNode !== null && process.env.UPDATE_EXPECTED) await Bun.write(file, onNode);
  const expected = await file.text();
  if (onNode !== null) expect(onNode.split("\n")).toEqual(expected.split("\n"));
  expect(onBun.split("\n")).toEqual(expected.split("\n"));
}

/** In a folder whose `node_modules` are Node's. */
async function runOnNode(
  node: string,
  program: string,
  environment: Record<string, string>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "confluent-programs-"));
  try {
    for (const name of ["support.cjs", `${program}.cjs`]) cpSync(join(programs, name), join(folder, name));
    symlinkSync(join(node, "node_modules"), join(folder, "node_modules"));
    return await outputOf([Bun.which("node")!, join(folder, `${program}.cjs`)], environment);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a program prints; one that fails or does not end fails the test, with what it wrote to stderr. */
async function outputOf(command: readonly string[], environment: Record<string, string>): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd: packageFolder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 170_000,
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode !== 0) {
    throw new Error(
      `${command.join(" ")} ended with ${child.exitCode ?? child.signalCode}:\n${stdout}\n${stderr}`,
    );
  }
  return stdout;
}
