/**
 * The folder that the tests run in. They reach the client by `require("../lib")`, so they lie beside its files, in a folder named as the client's is
 * where it is installed; and some reach its addon by `require("bindings")`, which on Bun gives what the client's own door to it gives.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** What the client's own package.json has these tests run by. */
const tools = { mocha: "11.7.6", jest: "29.7.0", bluebird: "3.7.2", bindings: "1.5.0" };

/** Of the client's folder: its sources of librdkafka and what building the addon left are not needed. */
const unneeded = /[\\/](?:node_modules|obj\.target|\.deps|deps[\\/]librdkafka)$/;

const client = "@confluentinc/kafka-javascript";

/** What of a checkout is taken. One of them will do. */
const testFolders = ["test", "e2e"] as const;

export interface Stage extends Disposable {
  /** Where the tests lie, in `test` and `e2e`. */
  readonly folder: string;
  /** Of the client that is tested. */
  readonly version: string;
  /** The path of a file of one of the tools. */
  tool(path: string): string;
}

/**
 * @param checkout has the tests
 * @param node where Node's packages are, if it is Node's turn
 */
export async function setStage(checkout: string, node: string | undefined): Promise<Stage> {
  const installed = dirname(
    Bun.resolveSync(`${client}/package.json`, node === undefined ? import.meta.dir : resolve(node)),
  );
  const root = mkdtempSync(join(tmpdir(), "confluent-suite-"));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    const folder = join(root, client);
    mkdirSync(folder, { recursive: true });
    cpSync(installed, folder, {
      recursive: true,
      dereference: true,
      filter: (path) => path === installed || !unneeded.test(path),
    });
    const there = testFolders.filter((name) => existsSync(join(checkout, name)));
    if (there.length === 0) throw new Error(`${checkout} has no folder ${testFolders.join(" and none ")}`);
    for (const name of there) cpSync(join(checkout, name), join(folder, name), { recursive: true });
    await installTools(root);
    const settings = node === undefined ? await replaceAddon(root, folder) : {};
    // Instead of the client's own, which compile TypeScript and measure coverage.
    await Bun.write(join(folder, "jest.config.js"), `module.exports = ${JSON.stringify(settings)};`);
    const { version } = await Bun.file(join(folder, "package.json")).json();
    return { folder, version, tool: (path) => join(root, "node_modules", path), [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function installTools(root: string): Promise<void> {
  await Bun.write(join(root, "package.json"), JSON.stringify({ private: true, dependencies: tools }));
  // Copies: what is written to a file here must not reach the cache of packages, and other projects with it.
  const install = Bun.spawn(
    [process.execPath, "install", "--no-save", "--no-progress", "--backend=copyfile"],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const [errors, code] = await Promise.all([install.stderr.text(), install.exited]);
  if (code !== 0) throw new Error(`installing mocha and jest failed:\n${errors}`);
}

/**
 * What preloading can't do by itself. jest gives every test file a world of its own, in which no plugin of Bun's is: its environment hands the
 * object in from outside, and that is what the client's door is mapped to. Returns jest's settings.
 */
async function replaceAddon(root: string, folder: string): Promise<Record<string, unknown>> {
  const door = JSON.stringify(join(folder, "librdkafka.js"));
  const environment = join(root, "environment.js");
  const handedIn = join(root, "handed-in.js");
  const bindings = join(root, "node_modules/bindings");
  rmSync(bindings, { recursive: true });
  await Bun.write(join(bindings, "index.js"), `module.exports = () => require(${door});`);
  await Bun.write(handedIn, "module.exports = globalThis.nativeModule;");
  await Bun.write(
    environment,
    `const { TestEnvironment } = require("jest-environment-node");
const nativeModule = require(${door});
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.nativeModule = nativeModule;
  }
};`,
  );
  return { testEnvironment: environment, moduleNameMapper: { "[./]librdkafka(\\.js)?$": handedIn } };
}
