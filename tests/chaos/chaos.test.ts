/**
 * A short run of the fault suite with a fixed seed, as a user starts it, and what becomes of one that is interrupted. The long runs, the
 * figures and the planted bugs are commands: `bun run chaos --help`.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apacheAvailable } from "@campus/broker";
import { canListProcesses, processTree, stillRunning } from "../support/process-tree.ts";
import { neutralEnvironment } from "../support/service-process.ts";
import { until } from "../support/until.ts";

const SEED = 7;
/** A deadline for a loaded machine; alone it takes a minute. */
setDefaultTimeout(300_000);

const available = await apacheAvailable();
if (!available.ok) {
  if (process.env.CI) throw new Error(`the fault suite needs real Apache Kafka: ${available.reason}`);
  console.warn(`Skipped, not tested: faults. ${available.reason}`);
}

function chaos(...args: string[]) {
  return Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), ...args], {
    env: neutralEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Takes a minute of both cores and three nodes to itself: asked for by name, as `.ci/run` does. */
const wanted = process.env.CHAOS === "1";
if (!wanted) console.warn("Skipped, not tested: a short run of the fault suite. CHAOS=1 runs it.");

test.skipIf(!available.ok || !wanted)(
  "a short run keeps every promise, and its last line says so",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "campus-chaos-test-"));
    try {
      const json = join(folder, "outcome.json");
      const child = chaos("--seed", String(SEED), "--seconds", "25", "--rate", "60", "--json", json);
      const [stdout, stderr, exitCode] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ]);
      const said = `${stdout}\n${stderr}`;
      expect(said).not.toContain("FINDING");
      expect(said.trimEnd().split("\n").slice(-8).join("\n")).toMatch(
        /^clean: \d+ faults, \d+ orders accepted/m,
      );
      expect(exitCode).toBe(0);
      const outcome = await Bun.file(json).json();
      expect(outcome.faults.length).toBeGreaterThan(1);
      expect(outcome.promises.accepted).toBeGreaterThan(100);
      expect(outcome.verification.decisions).toBe(outcome.verification.orders);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test.skipIf(!available.ok || !canListProcesses)(
  "interrupted in the middle, even by kill -9, it leaves no process behind",
  async () => {
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const child = chaos("--seed", "1", "--seconds", "60", "--rate", "20", "--faults", "inventory-pause");
      let said = "";
      const reading = (async () => {
        for await (const bytes of child.stdout) said += new TextDecoder().decode(bytes);
      })();
      const services = () => processTree(child.pid).filter(({ command }) => command.includes("/src/main.ts"));
      // Three nodes are up by then, and all services.
      await until("all services run", () => services().length >= 6, { deadlineMs: 120_000, everyMs: 100 });
      const started = processTree(child.pid).filter(({ pid }) => pid !== child.pid);
      child.kill(signal);
      await child.exited;
      await until("nothing is left", () => stillRunning(started).length === 0, {
        deadlineMs: 60_000,
        everyMs: 100,
      });
      await reading;
      expect(said).not.toContain("clean:");
    }
  },
);
