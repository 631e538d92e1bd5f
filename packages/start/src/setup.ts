/**
 * What has to be there before anything else runs: the right Bun, the packages, librdkafka. The scripts in package.json run it first,
 * and `bun test` preloads it, so a fresh clone works with one command. With nothing to do it costs a few milliseconds.
 *
 * Two things are unlike every other module, because `node_modules` may not exist yet. Only built-in modules are imported statically,
 * and files of the kafka package by path, not by name. And where this process is the one that will import the packages (the preload),
 * it must start again after installing them: Bun's module resolver remembers for the life of a process that a folder had no
 * `node_modules` (oven-sh/bun #40279), so the tests of this process would not find what was just installed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const minimumBun = "1.4.5";
const root = resolve(import.meta.dir, "../../..");
const preloaded = Bun.main !== import.meta.path;

/** Ours inside node_modules, so that it goes when node_modules goes. */
const stateFolder = join(root, "node_modules", ".campus-orders");
const markerFile = join(stateFolder, "installed");

class SetupError extends Error {}

function requireBun(): void {
  const [have, need] = [Bun.version, minimumBun].map((version) => version.split(/[.-]/, 3).map(Number));
  const differing = need!.findIndex((part, index) => part !== have![index]);
  if (differing === -1 || have![differing]! > need![differing]!) return;
  throw new SetupError(
    `Bun ${minimumBun} or newer is needed, and this is ${Bun.version}. Either \`bun upgrade\`, or put ` +
      `\`npx -y bun@${minimumBun}\` in the place of \`bun\`.`,
  );
}

/** What the installed packages depend on. A copy of node_modules from another platform lacks this one's binaries. */
function wantedMarker(): string {
  const lock = new Bun.CryptoHasher("sha256").update(readFileSync(join(root, "bun.lock"))).digest("hex");
  return `bun.lock ${lock} on ${process.platform} ${process.arch}\n`;
}

function packagesInstalled(): boolean {
  return existsSync(markerFile) && readFileSync(markerFile, "utf8") === wantedMarker();
}

/** Runs `bun install`, one process at a time. Returns when the packages are there, whoever put them there. */
async function installPackages(): Promise<void> {
  const { withProcessLock } = await import("../../kafka/src/native/process-lock.ts");
  const { createProgressLine } = await import("../../kafka/src/native/progress-line.ts");
  let doing = "installing the packages (once)";
  mkdirSync(stateFolder, { recursive: true });
  const progress = createProgressLine((seconds) => `${doing}, ${seconds} s`);
  try {
    await withProcessLock(
      join(stateFolder, "lock"),
      () => {
        doing = "waiting for another process that installs the packages";
      },
      async () => {
        if (packagesInstalled()) return;
        doing = "installing the packages (once)";
        const marker = wantedMarker();
        await runInstall();
        writeFileSync(markerFile, marker);
      },
    );
  } finally {
    progress.stop();
  }
}

async function runInstall(): Promise<void> {
  const child = Bun.spawn([process.execPath, "install", "--frozen-lockfile", "--no-progress"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [output, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
  if (exitCode === 0) return;
  throw new SetupError(
    `Installing the packages failed (bun install --frozen-lockfile, ${child.signalCode ?? `exit code ${exitCode}`}):\n` +
      `${essence(output)}\n${
        output.includes("lockfile is frozen")
          ? "A package.json was changed: run `bun install` to bring bun.lock up to date."
          : "The package registry has to be reachable this once (.npmrc can name a mirror or proxy); after that no network is needed."
      }`,
  );
}

/** The first few errors of many alike, or, of output without any, its end. */
function essence(output: string): string {
  const lines = [...new Set(output.split("\n").filter((line) => line.trim()))];
  const errors = lines.filter((line) => line.startsWith("error"));
  const shown = errors.length > 0 ? errors.slice(0, 4) : lines.slice(-8);
  const more = errors.length > 4 ? [`… and ${errors.length - 4} more errors`] : [];
  return [...shown, ...more].map((line) => `  | ${line}`).join("\n");
}

/** Ends this process with the outcome of the same command, run anew. */
function runAgain(): never {
  if (process.platform !== "linux")
    throw new SetupError("The packages are installed now: run the same command once more.");
  const command = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1);
  const child = Bun.spawnSync([process.execPath, ...command], { stdio: ["inherit", "inherit", "inherit"] });
  process.exit(child.exitCode);
}

try {
  requireBun();
  if (!packagesInstalled()) {
    await installPackages();
    if (preloaded) runAgain();
  }
  const { librdkafkaPath } = await import("../../kafka/src/native/library-path.ts");
  librdkafkaPath();
} catch (error) {
  const expected = error instanceof SetupError || (error as Error).name === "LibraryError";
  console.error(expected ? (error as Error).message : error);
  process.exit(1);
}
