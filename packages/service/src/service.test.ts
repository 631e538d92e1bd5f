import { describe, expect, test } from "bun:test";

const program = `${import.meta.dir}/service-test-program.ts`;

function spawn(environment: Record<string, string> = {}, ...args: string[]) {
  return Bun.spawn([process.execPath, program, ...args], {
    env: { PATH: process.env.PATH ?? "", LOG_FORMAT: "json", ...environment },
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function ended(child: ReturnType<typeof spawn>) {
  const [out, err, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, exitCode };
}

describe("a process", () => {
  test("drains on SIGTERM and exits with 0", async () => {
    const child = spawn();
    let out = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (!out.includes("listening") && (out + chunk).includes("listening")) child.kill("SIGTERM");
      out += chunk;
    }
    expect(await child.exited).toBe(0);
    const messages = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).message);
    expect(messages.slice(-3)).toEqual(["listening", "draining: SIGTERM", "work is done"]);
  });

  test("says an error nobody caught in one line, drains and exits with 1", async () => {
    const { out, exitCode } = await ended(spawn({ THROW: "1" }));
    expect(exitCode).toBe(1);
    expect(out).toContain('"level":"fatal","logger":"tester","message":"out of luck"');
    expect(out).toContain("work is done");
  });

  test("lists every bad setting and exits with 2", async () => {
    const { out, err, exitCode } = await ended(spawn({ TESTER_SIZE: "9", KAFKA_BROKERS: "a:1" }));
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err.trim().split("\n")).toEqual([
      'TESTER_SIZE="9": expected a whole number from 1 to 5 (without it: 1)',
      "KAFKA_BROKERS: there is no such setting; did you mean KAFKA_BROKER?",
    ]);
  });

  test("explains its settings", async () => {
    const { out, exitCode } = await ended(spawn({}, "--help"));
    expect(exitCode).toBe(0);
    expect(out).toStartWith("A service for tests.");
    expect(out).toMatch(/TESTER_SIZE +How much\n +a whole number from 1 to 5; default: 1/);
  });

  test("takes no arguments", async () => {
    const { err, exitCode } = await ended(spawn({}, "--size=3"));
    expect(exitCode).toBe(2);
    expect(err).toContain("settings come from the environment");
  });

  test("says when the management port that was asked for is taken, and exits with 1", async () => {
    using taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { out, exitCode } = await ended(spawn({ MANAGEMENT_PORT: String(taken.port) }));
    expect(exitCode).toBe(1);
    expect(out).toContain(`Can't listen on 127.0.0.1:${taken.port}`);
    expect(out).toContain("Set MANAGEMENT_HOST or MANAGEMENT_PORT");
  });
});
