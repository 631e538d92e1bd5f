/**
 * `bun tests/confluent-suite/main.ts CHECKOUT`: Confluent's own tests of its client, on Bun. They are in the client's repository and not in its package, and
 * none of them is in this one: the user gives a folder that has them. What came of them is in packages/confluent/SUITE.md.
 */
import { resolve } from "node:path";
import { openCluster } from "./cluster.ts";
import { readOptions, USAGE, UsageError } from "./options.ts";
import { type Outcome, type Runtime, runFile } from "./run-file.ts";
import { type Stage, setStage } from "./stage.ts";

/** The Schema Registry's client, and what needs Confluent's containers, are no business of the addon. */
const files = ["test/*", "test/producer/*", "test/tools/*", "e2e/*", "test/promisified/**/*"];

try {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(USAGE);
    process.exit(0);
  }
  const { checkout, node, only, details } = options;
  using stage = await setStage(resolve(checkout), node);
  const chosen = files
    .flatMap((pattern) => [...new Bun.Glob(`${pattern}.spec.js`).scanSync({ cwd: stage.folder })])
    .filter((file) => only.length === 0 || only.some((text) => file.includes(text)))
    .sort();
  await using cluster = await openCluster(options.brokers);
  const runtime: Runtime = { brokers: cluster.brokers, name: node ? "node" : "bun" };
  process.exitCode = (await runAll(stage, chosen, runtime, details)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/** True if all passed. */
async function runAll(stage: Stage, chosen: string[], runtime: Runtime, details: boolean): Promise<boolean> {
  const where = runtime.name === "bun" ? `Bun ${Bun.version}` : "Node";
  console.log(`@confluentinc/kafka-javascript ${stage.version} on ${where}`);
  const outcomes: Outcome[] = [];
  for (const file of chosen) {
    const outcome = await runFile(stage, file, runtime);
    outcomes.push(outcome);
    console.log(`${file.padEnd(64)} ${summary(outcome)}`);
    for (const { title, message } of outcome.failures) {
      console.log(`  failed: ${title}`);
      if (details) console.log(message.slice(0, 1_000).replace(/^/gm, "    "));
    }
    if (outcome.broken !== null) console.log(outcome.broken.replace(/^/gm, "    "));
  }
  const all: Outcome = {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    skipped: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
    broken: null,
  };
  const unrun = outcomes.filter(({ broken }) => broken !== null).length;
  console.log(`${chosen.length} files: ${summary(all)}${unrun > 0 ? `, ${unrun} files did not run` : ""}`);
  return chosen.length > 0 && all.failures.length === 0 && unrun === 0;
}

function summary({ passed, skipped, failures, broken }: Outcome): string {
  if (broken !== null) return "did not run";
  const told = [`${passed} passed`];
  if (failures.length > 0) told.push(`${failures.length} failed`);
  if (skipped > 0) told.push(`${skipped} skipped`);
  return told.join(", ");
}
