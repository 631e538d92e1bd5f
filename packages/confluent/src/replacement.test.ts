/** Each way to get the client onto Bun, in a process of its own. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

setDefaultTimeout(60_000);

const client = "@confluentinc/kafka-javascript";
const packageFolder = join(import.meta.dir, "..");

/** Runs programs in a folder of this package, so that its imports are found. */
function runIn(files: Record<string, string>, ...args: string[]): { stdout: string; stderr: string } {
  const folder = mkdtempSync(join(packageFolder, "program-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { stdout, stderr } = Bun.spawnSync([process.execPath, ...args], { cwd: folder });
    return { stdout: stdout.toString().trim(), stderr: stderr.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const print =
  "console.log(Kafka.librdkafkaVersion.split('.').length, Kafka.features.includes('snappy'), typeof KafkaJS.Kafka)";
const imports = `import Kafka, { KafkaJS } from "${client}"; ${print}`;
const requires = `const Kafka = require("${client}"); const { KafkaJS } = Kafka; ${print}`;
const works = "3 true function";

test("--preload, and the client imported as it always was", () => {
  const { stdout, stderr } = runIn(
    { "main.mjs": imports },
    "--preload",
    "@campus/confluent/register",
    "main.mjs",
  );
  expect(stderr).toBe("");
  expect(stdout).toBe(works);
});

test("preload in bunfig.toml", () => {
  const files = { "main.mjs": imports, "bunfig.toml": 'preload = ["@campus/confluent/register"]' };
  expect(runIn(files, "main.mjs").stdout).toBe(works);
});

test("require, in this order", () => {
  const main = `require("@campus/confluent/register"); ${requires}`;
  expect(runIn({ "main.cjs": main }, "main.cjs").stdout).toBe(works);
});

test("the client imported later", () => {
  const main = `import "@campus/confluent/register"; await import("./rest.mjs")`;
  expect(runIn({ "main.mjs": main, "rest.mjs": imports }, "main.mjs").stdout).toBe(works);
});

test("the client imported from this package", () => {
  const main = `import Kafka, { KafkaJS } from "@campus/confluent"; ${print}`;
  expect(runIn({ "main.mjs": main }, "main.mjs").stdout).toBe(works);
});

test("registered twice, and in a worker", () => {
  const worker = `import "@campus/confluent/register"; import "@campus/confluent/register"; ${requires}; postMessage("done")`;
  const main = `const worker = new Worker("./worker.mjs"); worker.onmessage = () => process.exit(0)`;
  const { stdout } = runIn({ "main.mjs": main, "worker.mjs": worker }, "main.mjs");
  expect(stdout).toBe(works);
});

test("on Node it does nothing", () => {
  const node = Bun.which("node");
  if (!node) return console.warn("skipped: no Node here");
  const { exitCode, stderr } = Bun.spawnSync([node, join(import.meta.dir, "register.js")]);
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
});

test("without it the client says that its addon is missing", () => {
  expect(runIn({ "main.mjs": imports }, "main.mjs").stderr).toContain("Could not locate the bindings file");
});

test("every name that the client exports is exported by this package", async () => {
  const ours: Record<string, unknown> = await import("./index.js");
  expect(Object.keys(ours).sort()).toEqual([...Object.keys(ours.default as object), "default"].sort());
});

test("a client of another version is warned of", () => {
  const files = {
    "node_modules/@confluentinc/kafka-javascript/package.json": '{ "version": "1.99.0", "main": "main.js" }',
    "node_modules/@confluentinc/kafka-javascript/main.js": 'module.exports = require("./librdkafka.js");',
    "node_modules/@confluentinc/kafka-javascript/librdkafka.js": 'throw new Error("not replaced");',
    "main.cjs": `console.log(typeof require("${client}").Producer);`,
  };
  const { stdout, stderr } = runIn(files, "--preload", "@campus/confluent/register", "main.cjs");
  expect(stdout).toBe("function");
  expect(stderr).toContain("1.99.0 is installed");
});
