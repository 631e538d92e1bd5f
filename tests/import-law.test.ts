/** Who may import whom (see DESIGN.md). Every import statement of the repository is read; a breach names the file and the import. */
import { expect, test } from "bun:test";
import { join, relative } from "node:path";

const root = join(import.meta.dir, "..");

/** What each package may import of the others. */
const allowed: Record<string, readonly string[]> = {
  kafka: [],
  events: [],
  service: [],
  broker: ["kafka"],
  confluent: ["kafka"],
  producer: ["kafka", "events", "service"],
  inventory: ["kafka", "events", "service"],
  analytics: ["kafka", "events", "service"],
  cli: ["kafka", "events", "service"],
  start: ["broker", "events", "service"],
};

/** Runs before packages are installed, so it reaches the finder of librdkafka by path instead of by name. */
const setup = "packages/start/src/setup.ts";

type Import = { file: string; target: string };

async function imports(): Promise<Import[]> {
  const found: Import[] = [];
  for await (const file of new Bun.Glob("{packages,bench,tests}/**/*.ts").scan({ cwd: root })) {
    if (file.includes("node_modules/") || file.startsWith("bench/out/")) continue;
    // The transpiler's scan does not know the first line of a script.
    const source = (await Bun.file(join(root, file)).text()).replace(/^#!.*/, "");
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    for (const { path } of transpiler.scanImports(source)) found.push({ file, target: path });
    // Type-only imports are erased before the scan, and are dependencies all the same.
    for (const [, target] of source.matchAll(/^(?:import|export) type [^;]*? from "([^"]+)";/gms))
      found.push({ file, target: target! });
  }
  return found;
}

const all = await imports();
const packageOf = (file: string): string | undefined => /^packages\/([^/]+)\//.exec(file)?.[1];

test("the scan sees the repository", () => {
  expect(all.length).toBeGreaterThan(200);
  expect(new Set(all.map(({ file }) => packageOf(file)))).toContain("kafka");
});

test("packages import only those below them", () => {
  const breaches = all.filter(({ file, target }) => {
    const importer = packageOf(file);
    const imported = /^@campus\/([^/]+)/.exec(target)?.[1];
    return importer && imported && imported !== importer && !allowed[importer]?.includes(imported);
  });
  expect(breaches).toEqual([]);
});

test("no relative import leaves its package", () => {
  const breaches = all.filter(({ file, target }) => {
    const importer = packageOf(file);
    if (!importer || !target.startsWith(".") || file === setup) return false;
    return packageOf(relative(root, join(root, file, "..", target))) !== importer;
  });
  expect(breaches).toEqual([]);
});

test("one file of the packages imports bun:ffi", () => {
  const importers = all
    .filter(({ file, target }) => target === "bun:ffi" && packageOf(file))
    .map(({ file }) => file);
  expect(importers).toEqual(["packages/kafka/src/native/ffi.ts"]);
});

test("kafka's native folder is reached through the package's exports", () => {
  const breaches = all.filter(({ target }) => /@campus\/kafka\/src/.test(target));
  expect(breaches).toEqual([]);
});

test("one package builds on kafka's native layer, and one file elsewhere uses its door to C", () => {
  const importers = all
    .filter(({ target }) => target === "@campus/kafka/native")
    .map(({ file }) => file)
    .filter((file) => !["kafka", "confluent"].includes(packageOf(file) ?? ""));
  expect(importers).toEqual(["packages/producer/src/listening-socket.ts"]);
});

test("every package is under the law", async () => {
  const packages = [...new Bun.Glob("*/package.json").scanSync({ cwd: join(root, "packages") })].map(
    (path) => path.split("/")[0]!,
  );
  expect(packages.sort()).toEqual(Object.keys(allowed).sort());
});
