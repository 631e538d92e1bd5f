import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { until } from "../test-cluster.ts";
import { libraryFile } from "./build-cache.ts";
import { bunScript } from "./library-probe.ts";
import { canBuild, createMiniature, type Miniature } from "./miniature.ts";

setDefaultTimeout(30_000);

/** Starts a process that builds, held in `configure` until the file `gate` exists. */
function startBuilder(miniature: Miniature, gate: string, ...options: string[]) {
  const command = bunScript("build-library.ts", "--sources", miniature.sources, ...options);
  const child = Bun.spawn(command, {
    env: { ...miniature.environment, MINIATURE_GATE: gate },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const chunk of child.stderr) said += decoder.decode(chunk, { stream: true });
  })();
  return {
    child,
    said: () => said,
    async ended() {
      const [path, exitCode] = await Promise.all([child.stdout.text(), child.exited, reading]);
      return { path: path.trim(), exitCode };
    },
  };
}

function leftovers(miniature: Miniature): string[] {
  return readdirSync(miniature.cache).filter((name) => /\.(work|new|old)-/.test(name));
}

describe.skipIf(!canBuild)("build-library", () => {
  test("two at once: one builds, the other waits and says so, both end with the same library", async () => {
    using miniature = createMiniature();
    const gate = join(miniature.folder, "gate");
    const first = startBuilder(miniature, gate);
    await until(() => miniature.configured() === 1);
    const second = startBuilder(miniature, gate);
    await until(() => second.said().includes("another process is building it"));
    writeFileSync(gate, "");
    const [one, two] = await Promise.all([first.ended(), second.ended()]);
    expect(one).toEqual({ path: two.path, exitCode: 0 });
    expect(existsSync(two.path)).toBeTrue();
    expect(miniature.configured()).toBe(1);
    expect(first.said()).toContain("built in");
  });

  test("a builder killed by kill -9 is taken over by the one that waits, and leaves nothing", async () => {
    using miniature = createMiniature();
    const gate = join(miniature.folder, "gate");
    const first = startBuilder(miniature, gate);
    await until(() => miniature.configured() === 1);
    const second = startBuilder(miniature, gate);
    await until(() => second.said().includes("another process is building it"));
    first.child.kill("SIGKILL");
    await until(() => miniature.configured() === 2);
    writeFileSync(gate, "");
    expect(await second.ended()).toMatchObject({ exitCode: 0 });
    expect((await first.ended()).path).toBe("");
    expect(leftovers(miniature)).toEqual([]);
  });

  test("a builder told to stop cleans up and ends with the signal's exit code; the next one builds", async () => {
    using miniature = createMiniature();
    const gate = join(miniature.folder, "gate");
    const first = startBuilder(miniature, gate);
    await until(() => miniature.configured() === 1);
    expect(leftovers(miniature)).toHaveLength(1);
    first.child.kill("SIGTERM");
    expect(await first.ended()).toEqual({ path: "", exitCode: 143 });
    expect(leftovers(miniature)).toEqual([]);
    writeFileSync(gate, "");
    expect(await startBuilder(miniature, gate).ended()).toMatchObject({ exitCode: 0 });
  });

  test("--force builds again, --out copies, --quiet says nothing", async () => {
    using miniature = createMiniature();
    const out = join(miniature.folder, "out");
    await startBuilder(miniature, "").ended();
    const forced = startBuilder(miniature, "", "--force", "--quiet", "--out", out);
    expect(await forced.ended()).toEqual({ path: join(out, libraryFile), exitCode: 0 });
    expect(forced.said()).toBe("");
    expect(miniature.configured()).toBe(2);
    expect(readdirSync(out).toSorted()).toEqual(
      ["LICENSES.txt", "build.json", "build.log", libraryFile].toSorted(),
    );
  });

  test("a folder without librdkafka's sources is refused", async () => {
    using miniature = createMiniature();
    const builder = startBuilder(miniature, "", "--sources", dirname(miniature.folder));
    expect(await builder.ended()).toEqual({ path: "", exitCode: 1 });
    expect(builder.said()).toContain("is not a source tree of librdkafka");
  });
});
