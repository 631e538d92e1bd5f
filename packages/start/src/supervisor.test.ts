/** The children here are tiny scripts; what they do stands in the command, so each test can be read by itself. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { readLines } from "./lines.ts";
import { type ChildOptions, createSupervisor, StoppedError, type Supervisor } from "./supervisor.ts";

/** A child that lives until SIGTERM, and then runs `onTerm`. */
const lives = (onTerm = "process.exit(0)") =>
  `process.on("SIGTERM", () => { ${onTerm} }); setInterval(() => {}, 1000); process.send({ pid: process.pid });`;

interface Recorded {
  readonly supervisor: Supervisor;
  readonly notices: string[];
  readonly lines: string[];
  /** Starts a child that runs a script; resolves to its process id once that has said it is up. */
  run(name: string, script: string): Promise<number>;
}

const supervisors: Supervisor[] = [];
afterEach(() => {
  for (const supervisor of supervisors.splice(0)) supervisor.kill();
});

function record(stopTimeoutMs = 10_000): Recorded {
  const notices: string[] = [];
  const lines: string[] = [];
  const supervisor = createSupervisor({
    onNotice: (notice) => notices.push(notice),
    onLine: (name, line, stream) => lines.push(`${name} ${stream} ${line}`),
    stopTimeoutMs,
  });
  supervisors.push(supervisor);
  return {
    supervisor,
    notices,
    lines,
    async run(name, script) {
      const up = Promise.withResolvers<number>();
      const options: ChildOptions = {
        name,
        command: [process.execPath, "-e", script],
        environment: process.env,
        onMessage: (message) => up.resolve((message as { pid: number }).pid),
        ready: async () => void (await up.promise),
      };
      await supervisor.start(options);
      return up.promise;
    },
  };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await Bun.sleep(10);
  }
}

test("children end in reverse order of their start, each after the one before is gone", async () => {
  const { supervisor, run, lines, notices } = record();
  for (const name of ["kafka", "analytics", "producer"]) {
    await run(
      name,
      lives(`console.log("draining"); setTimeout(() => { console.log("gone"); process.exit(0) }, 100)`),
    );
  }
  supervisor.stop(0);
  supervisor.stop(7);
  expect(await supervisor.outcome).toBe(0);
  expect(lines).toEqual([
    "producer stdout draining",
    "producer stdout gone",
    "analytics stdout draining",
    "analytics stdout gone",
    "kafka stdout draining",
    "kafka stdout gone",
  ]);
  expect(notices).toEqual([]);
});

test("a child that ends unasked is named, its last words are heard, and its code is the whole's", async () => {
  const { supervisor, run, lines, notices } = record();
  const pid = await run("kafka", lives());
  await run("inventory", 'process.send({ pid: 1 }); console.error("out of stock"); process.exitCode = 3;');
  expect(await supervisor.outcome).toBe(3);
  expect(notices).toEqual(["inventory exited with code 3"]);
  expect(lines).toEqual(["inventory stderr out of stock"]);
  expect(isAlive(pid)).toBe(false);
});

test("a child that is killed ends the whole as a shell would say it", async () => {
  const { supervisor, run, notices } = record();
  await run("kafka", lives());
  const pid = await run("analytics", lives());
  process.kill(pid, "SIGKILL");
  expect(await supervisor.outcome).toBe(128 + 9);
  expect(notices).toEqual(["analytics was killed by SIGKILL"]);
});

test("a service that stops without an error is still a system that failed", async () => {
  const { supervisor, run } = record();
  await run("producer", "process.send({ pid: 1 });");
  expect(await supervisor.outcome).toBe(1);
});

test("a child that ends before it is ready rejects its start, and nothing is started after it", async () => {
  const { supervisor, run, notices } = record();
  const readiness: boolean[] = [];
  const start = supervisor.start({
    name: "producer",
    command: [process.execPath, "-e", "process.exit(2)"],
    environment: process.env,
    ready: (signal) =>
      new Promise(() =>
        signal.addEventListener("abort", () => readiness.push(signal.aborted), { once: true }),
      ),
  });
  await expect(start).rejects.toThrow(StoppedError);
  expect(await supervisor.outcome).toBe(2);
  expect(readiness).toEqual([true]);
  expect(notices).toEqual(["producer exited with code 2"]);
  await expect(run("late", lives())).rejects.toThrow(StoppedError);
});

test("stopping while a child is getting ready ends it too", async () => {
  const { supervisor, run } = record();
  const pid = await run("kafka", lives());
  const start = run("inventory", "setInterval(() => {}, 1000)");
  supervisor.stop(0);
  await expect(start).rejects.toThrow(StoppedError);
  expect(await supervisor.outcome).toBe(0);
  expect(isAlive(pid)).toBe(false);
});

test("a child that does not end in time is killed, and that is said", async () => {
  const { supervisor, run, notices } = record(200);
  const pid = await run("stubborn", lives("console.log('no')"));
  supervisor.stop(0);
  expect(await supervisor.outcome).toBe(1);
  expect(notices).toEqual([
    "stubborn has not ended within 0.2 s, killing it",
    "stubborn was killed by SIGKILL",
  ]);
  expect(isAlive(pid)).toBe(false);
});

test("a child that could not drain makes the ending a failure, and the others still end in order", async () => {
  const { supervisor, run, notices } = record();
  await run("kafka", lives());
  await run("inventory", lives("process.exit(1)"));
  await run("producer", lives());
  supervisor.stop(0);
  expect(await supervisor.outcome).toBe(1);
  expect(notices).toEqual(["inventory exited with code 1"]);
});

test("a program that is not there says so at once", async () => {
  const { supervisor } = record();
  await expect(supervisor.start({ name: "x", command: ["/nowhere/at/all"] })).rejects.toThrow(
    "/nowhere/at/all",
  );
});

test("a child leads its own session, out of reach of the terminal's Ctrl-C", async () => {
  const { run } = record();
  const pid = await run("producer", lives());
  const { stdout } = Bun.spawnSync(["ps", "-o", "sid=", "-p", String(pid)]);
  expect(Number(stdout.toString())).toBe(pid);
});

test("children drain by themselves when the supervisor is killed -9", async () => {
  const lifeline = join(import.meta.dir, "lifeline.ts");
  const program = `
    import { createSupervisor } from ${JSON.stringify(join(import.meta.dir, "supervisor.ts"))};
    const supervisor = createSupervisor({ onLine() {}, onNotice() {}, stopTimeoutMs: 1000 });
    const script = ${JSON.stringify(lives("console.log('drained'); process.exit(0)"))};
    for (const name of ["a", "b"]) {
      await supervisor.start({
        name,
        command: [process.execPath, "--preload", ${JSON.stringify(lifeline)}, "-e", script],
        environment: process.env,
        onMessage: ({ pid }) => console.log(pid),
      });
    }`;
  const parent = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "inherit" });
  try {
    const pids: number[] = [];
    await readLines(parent.stdout, (line) => {
      pids.push(Number(line));
      if (pids.length < 2) return;
      expect(pids.map(isAlive)).toEqual([true, true]);
      parent.kill("SIGKILL");
    });
    expect(pids).toHaveLength(2);
    await until(() => !pids.some(isAlive), "the children have ended");
  } finally {
    parent.kill("SIGKILL");
  }
}, 20_000);

test("the lifeline does not keep a child alive that is done", async () => {
  const { supervisor, notices } = record();
  await supervisor.start({
    name: "done",
    command: [process.execPath, "--preload", join(import.meta.dir, "lifeline.ts"), "-e", "1"],
    environment: process.env,
  });
  expect(await supervisor.outcome).toBe(1);
  expect(notices).toEqual(["done exited with code 0"]);
});
