import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { exists, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeExit, runGuarded, spawnGuarded } from "./guarded-process.ts";

let folder: string;
let logFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "campus guard-")); // a space in it: nothing may split there
  logFile = join(folder, "log");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that has ended stays visible until its parent asks for its status.
  const state = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  return state !== "" && !state.startsWith("Z");
}

async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await Bun.sleep(20);
  }
}

/** Once the program, which says so, is there. */
async function isReady(): Promise<boolean> {
  const log = Bun.file(logFile);
  return (await log.exists()) && (await log.text()) === "ready\n";
}

/** A process that guards `command` and prints its pid; to be killed by the test. */
async function startOwner(
  command: string[],
  options: object,
): Promise<{ owner: Bun.Subprocess; pid: number }> {
  const script = `
    import { spawnGuarded } from ${JSON.stringify(join(import.meta.dir, "guarded-process.ts"))};
    const other = Bun.spawn(["sleep", "60"]); // a sibling must not hold the pipe open
    const child = await spawnGuarded(${JSON.stringify(command)}, ${JSON.stringify({ logFile, ...options })});
    console.log(child.pid, other.pid);
    Bun.gc(true);
    await child.exited;`;
  const owner = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  for await (const chunk of owner.stdout) {
    const [pid, sibling] = new TextDecoder().decode(chunk).split(" ").map(Number);
    cleanUp.push(sibling!);
    return { owner, pid: pid! };
  }
  throw new Error("the owner did not start");
}

const cleanUp: number[] = [];
afterEach(() => {
  for (const pid of cleanUp.splice(0)) process.kill(pid, "SIGKILL");
});

describe("spawnGuarded", () => {
  test("pid, output and end are the program's own", async () => {
    const child = await spawnGuarded(["sh", "-c", "echo $$; echo oops >&2; exit 3"], { logFile });
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(await Bun.file(logFile).text()).toBe(`${child.pid}\noops\n`);
    expect(child.exit).toEqual({ code: 3, signal: null });
  });

  test("a signal ends it, and is told from an exit code", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const child = await spawnGuarded(["sleep", "60"], { logFile });
      child.signal(signal);
      expect(await child.exited).toEqual({ code: null, signal });
      child.signal(signal); // nobody is hit
    }
  });

  test("a program that does not exist is in the log", async () => {
    const child = await spawnGuarded([join(folder, "nothing here")], { logFile });
    expect(await child.exited).toEqual({ code: 127, signal: null });
    expect(await Bun.file(logFile).text()).toContain("nothing here");
  });

  test("it is gone at once after its owner's kill -9, and so is the folder it was to take along", async () => {
    const data = join(folder, "cluster", "node-1");
    await mkdir(data, { recursive: true });
    await Bun.write(join(data, "file"), "x");
    const { owner, pid } = await startOwner(["sleep", "60"], { removeAfter: data });
    owner.kill("SIGKILL");
    await until("the program is gone", () => !isAlive(pid), 2_000);
    await until(
      "the folder and its empty parent are gone",
      async () => !(await exists(join(folder, "cluster"))),
    );
  });

  test("with a grace period it may end in order", async () => {
    const program = 'trap "echo in order; exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    const { owner, pid } = await startOwner(["sh", "-c", program], { graceSeconds: 5 });
    await until("it is ready", isReady);
    owner.kill("SIGKILL");
    await until("the program is gone", () => !isAlive(pid), 2_000);
    expect(await Bun.file(logFile).text()).toBe("ready\nin order\n");
  });

  test("one that does not listen, or is frozen, is killed after it", async () => {
    const { owner, pid } = await startOwner(
      ["sh", "-c", 'trap "" TERM; echo ready; while :; do sleep 0.05; done'],
      {
        graceSeconds: 1,
      },
    );
    await until("it is ready", isReady);
    process.kill(pid, "SIGSTOP");
    owner.kill("SIGKILL");
    await until("the program is gone", () => !isAlive(pid));
  });
});

describe("runGuarded", () => {
  test("gives stdin and returns what was printed", async () => {
    const inputFile = join(folder, "input");
    await Bun.write(inputFile, "hello");
    const result = await runGuarded(["sh", "-c", "cat; echo err >&2; exit 4"], {
      inputFile,
      timeoutMs: 5_000,
    });
    expect(result).toEqual({ exit: { code: 4, signal: null }, stdout: "hello", stderr: "err\n" });
  });

  test("kills what takes too long, and keeps what it had printed", async () => {
    const result = await runGuarded(["sh", "-c", "echo so far; exec sleep 60"], { timeoutMs: 200 });
    expect(result.exit).toBeUndefined();
    expect(result.stdout).toBe("so far\n");
  });
});

test("describeExit", () => {
  expect(describeExit({ code: 1, signal: null })).toBe("ended with exit code 1");
  expect(describeExit({ code: null, signal: "SIGKILL" })).toBe("was killed by SIGKILL");
});
