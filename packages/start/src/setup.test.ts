import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** A workspace laid out like this one, with no dependencies to fetch: what setup does there needs no network. */
const root = mkdtempSync(join(tmpdir(), "setup-"));
const library = join(root, "library.so");

function write(path: string, content: string | object): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
}

function start(command: string[], environment: NodeJS.ProcessEnv = {}) {
  return Bun.spawn([process.execPath, ...command], {
    cwd: root,
    env: { ...process.env, LIBRDKAFKA_PATH: library, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(command: string[], environment?: NodeJS.ProcessEnv) {
  const child = start(command, environment);
  const [out, err, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, exitCode };
}

const setup = ["packages/start/src/setup.ts"];

beforeEach(async () => {
  rmSync(root, { recursive: true, force: true });
  write("package.json", { name: "fresh", private: true, workspaces: ["packages/*"] });
  write(
    "bunfig.toml",
    '[install]\nlinker = "hoisted"\n[test]\npreload = ["./packages/start/src/setup.ts"]\n',
  );
  write("packages/one/package.json", { name: "@fresh/one", version: "1.0.0", exports: "./one.ts" });
  write("packages/one/one.ts", "export const one = 1;\n");
  write(
    "one.test.ts",
    'import { expect, test } from "bun:test";\nimport { one } from "@fresh/one";\ntest("one by name", () => expect(one).toBe(1));\n',
  );
  write("library.so", "");
  cpSync(join(import.meta.dir, "setup.ts"), join(root, "packages/start/src/setup.ts"));
  const native = resolve(import.meta.dir, "../../kafka/src/native");
  cpSync(native, join(root, "packages/kafka/src/native"), {
    recursive: true,
    filter: (file) => !file.endsWith(".test.ts"),
  });
  const install = await run(["install"]);
  expect(install.exitCode).toBe(0);
  expect(existsSync(join(root, "bun.lock"))).toBeTrue();
  rmSync(join(root, "node_modules"), { recursive: true, force: true });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("setup", () => {
  test("installs what is missing, once, and is silent when nothing is to do", async () => {
    const first = await run(setup);
    expect(first).toMatchObject({ exitCode: 0, out: "" });
    expect(first.err).toContain("installing the packages");
    expect(existsSync(join(root, "node_modules/@fresh/one"))).toBeTrue();
    expect(await run(setup)).toEqual({ exitCode: 0, out: "", err: "" });
  });

  test("installs again when bun.lock is another one", async () => {
    await run(setup);
    write("bun.lock", `${readFileSync(join(root, "bun.lock"), "utf8")}\n`);
    expect((await run(setup)).err).toContain("installing the packages");
  });

  test.skipIf(process.platform !== "linux")(
    "plain `bun test` works where nothing is installed, arguments kept",
    async () => {
      const { err, exitCode } = await run(["test", "-t", "one by name"]);
      expect(err).toContain("1 pass");
      expect(exitCode).toBe(0);
      expect((await run(["test", "-t", "no such test"])).exitCode).toBe(1);
    },
  );

  test("two at once both succeed", async () => {
    const both = await Promise.all([run(setup), run(setup)]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });

  test("an install that fails is one message that says what to do", async () => {
    write("packages/one/package.json", { name: "@fresh/one", dependencies: { "@fresh/two": "workspace:*" } });
    write("packages/two/package.json", { name: "@fresh/two", version: "1.0.0" });
    const { err, exitCode } = await run(setup);
    expect(exitCode).toBe(1);
    expect(err).toContain("run `bun install` to bring bun.lock up to date");
    expect(err).not.toContain("    at ");
  });

  test("a library that can't be had is one message, and stops the tests too", async () => {
    await run(setup);
    const wrong = { LIBRDKAFKA_PATH: "/no/such.so" };
    const { err, exitCode } = await run(setup, wrong);
    expect(err).toMatch(/^LIBRDKAFKA_PATH is "\/no\/such\.so".*\n$/);
    expect(exitCode).toBe(1);
    expect((await run(["test"], wrong)).exitCode).toBe(1);
  });

  test("imports nothing statically that may not be there yet", () => {
    const source = readFileSync(join(import.meta.dir, "setup.ts"), "utf8");
    const imported = [...source.matchAll(/^import .* from "(.+)";$/gm)].map((match) => match[1]!);
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.every((name) => name.startsWith("node:"))).toBeTrue();
  });
});
