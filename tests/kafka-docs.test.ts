/** packages/kafka is documented as it is: the README's code compiles, its tables name what is exported, and each name has a docstring. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

setDefaultTimeout(30_000);

const root = join(import.meta.dir, "..");
const kafka = join(root, "packages/kafka");
const readme = await Bun.file(join(kafka, "README.md")).text();

interface Exported {
  readonly name: string;
  /** The text of the file that declares it, and where in it. */
  readonly source: string;
  readonly at: number;
}

/** What an index exports, each name with its declaration. */
async function exportsOf(index: string): Promise<Exported[]> {
  const text = await Bun.file(join(kafka, index)).text();
  const found: Exported[] = [];
  for (const [, list, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";$/gm)) {
    const source = await Bun.file(join(kafka, index, "..", from!)).text();
    for (const entry of list!.split(",")) {
      const name = entry.trim().replace(/^type /, "");
      if (name === "") continue;
      const at = source.search(
        new RegExp(`^export (?:async )?(?:class|interface|function|type|const) ${name}\\b`, "m"),
      );
      if (at < 0) throw new Error(`${from} does not declare ${name}`);
      found.push({ name, source, at });
    }
  }
  return found;
}

const indexes = ["src/index.ts", "src/testing/index.ts"];
const exported = (await Promise.all(indexes.map(exportsOf))).flat();
const isDocumented = (source: string, at: number): boolean => source.slice(0, at).trimEnd().endsWith("*/");

/** Methods and getters of a class, by the formatter's indentation. */
function methodsOf({ source, at }: Exported): { method: string; at: number }[] {
  if (!source.startsWith("export class", at)) return [];
  const body = source.slice(at, source.indexOf("\n}", at));
  const heads = body.matchAll(/^ {2}(?:async |get )*\*?([a-z]\w*)(?:<\w+>)?\(/gm);
  return Array.from(heads, (head) => ({ method: head[1]!, at: at + head.index })).filter(
    ({ method }) => method !== "constructor",
  );
}

/** Fields of an interface, and of the types that are written like one. */
function fieldsOf({ source, at }: Exported): { field: string; at: number }[] {
  if (!/^export (interface|type)/.test(source.slice(at))) return [];
  const end = source.indexOf("\n}", at);
  const body = source.slice(at, end < 0 ? undefined : end);
  const heads = body.matchAll(/^ {2}readonly (\w+)\??:/gm);
  return Array.from(heads, (head) => ({ field: head[1]!, at: at + head.index }));
}

test("every public name has a docstring, and so has every method and field", () => {
  expect(exported.length).toBeGreaterThan(50);
  const bare = exported.flatMap((entry) => [
    ...(isDocumented(entry.source, entry.at) ? [] : [entry.name]),
    ...methodsOf(entry)
      .filter(({ at }) => !isDocumented(entry.source, at))
      .map(({ method }) => `${entry.name}.${method}`),
    ...fieldsOf(entry)
      .filter(({ at }) => !isDocumented(entry.source, at))
      .map(({ field }) => `${entry.name}.${field}`),
  ]);
  expect(bare).toEqual([]);
});

test("the README names everything that is exported, and nothing else", () => {
  const section = readme.slice(
    readme.indexOf("\n## Every name\n"),
    readme.indexOf("\n## Coming from another client\n"),
  );
  const named = Array.from(section.matchAll(/^\| (`.*?`) \|/gm), ([, cell]) => cell!.match(/\w+/g)!).flat();
  expect(named.toSorted()).toEqual(exported.map(({ name }) => name).toSorted());
});

test("the README links every example", async () => {
  for await (const file of new Bun.Glob("*.ts").scan(join(kafka, "examples"))) {
    expect(readme).toContain(`(examples/${file})`);
  }
});

/** What code in the README may use without saying where it comes from. */
const surroundings = `
declare const brokers: string, instance: string;
declare const producer: Producer, consumer: Consumer;
declare function log(level: number, text: string): void;
declare function lastStored(partition: TopicPartition): number;
declare function save(partitions: TopicPartition[]): Promise<void>;
declare function forget(partitions: TopicPartition[]): void;
declare function store(records: Pick<ConsumerRecord, "key" | "value" | "offset">[]): Promise<void>;
`;

/** A block with imports stands for itself; another gets every exported name and the surroundings. */
function moduleOf(block: string): string {
  if (/^import /m.test(block)) return block;
  const names = exported.map(({ name }) => name).join(", ");
  const imports = `import { ${names} } from "./all.ts";\n`;
  return `${imports}${surroundings}\nexport async function block() {\n${block}}\n`;
}

let folder: string;
beforeAll(async () => {
  // Inside the repository, where packages are found.
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "kafka-readme-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the README's code compiles", async () => {
  const blocks = Array.from(readme.matchAll(/^```ts\n(.*?)^```$/gms), ({ 1: block, index }) => {
    const line = readme.slice(0, index).split("\n").length;
    return [`readme-line-${line}.ts`, moduleOf(block!)] as const;
  });
  expect(blocks.length).toBeGreaterThan(8);
  const files = Object.fromEntries(blocks);
  await Bun.write(
    join(folder, "all.ts"),
    'export * from "@campus/kafka";\nexport * from "@campus/kafka/testing";\n',
  );
  for (const [file, text] of Object.entries(files)) await Bun.write(join(folder, file), text);
  const compilerOptions = { noUnusedLocals: false, verbatimModuleSyntax: false };
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions,
    files: Object.keys(files),
    include: [],
  };
  await Bun.write(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const child = Bun.spawn([process.execPath, tsc, "--noEmit", "--pretty", "false"], {
    cwd: folder,
    stderr: "inherit",
  });
  expect(await new Response(child.stdout).text()).toBe("");
  expect(await child.exited).toBe(0);
}, 60_000);
