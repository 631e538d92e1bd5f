/**
 * Who ours is compared with: one folder each in `peers/`, with its own manifest, versions pinned, and a small program. A peer is copied to
 * `out/peers/` and installed there when it is first asked for; one that can't be is named with the reason, never dropped in silence.
 */
import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { OrderModel } from "./order-model.ts";
import { benchFolder, outFolder } from "./out-folder.ts";
import type { Progress } from "./progress.ts";
import type { Subject } from "./subject.ts";
import { tellingLine } from "./telling-line.ts";

export interface Peer {
  readonly name: string;
  readonly title: string;
  /** Built on a client: it has nothing to say where clients are compared. */
  readonly isFramework?: boolean;
  /** Installs what is missing. @throws PeerUnavailable */
  prepare(context: PeerContext): Promise<PreparedPeer>;
}

export interface PreparedPeer {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly subjects: readonly Subject[];
  /** Whole order flows, for `models`. */
  readonly systems?: readonly OrderModel[];
}

export interface PeerContext {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Why a peer can't be had on this machine, and what would change that. */
export class PeerUnavailable extends Error {}

export const peersFolder = join(benchFolder, "peers");
const stampName = ".installed";
/** A peer's modules in TypeScript are the harness's, and stay here. */
const isOwn = (file: string) => file.endsWith(".ts");

/** The program of that name, or a reason. */
export function requireProgram(name: string, why: string): string {
  const path = Bun.which(name);
  if (!path) throw new PeerUnavailable(`no \`${name}\` on PATH (${why})`);
  return path;
}

export interface Installation {
  /** The folder's name in `peers/`. */
  readonly name: string;
  /** Files that decide what gets installed; with the keys below, a change of them installs anew. */
  readonly manifests: readonly string[];
  /** What else it depends on: versions of the tools at hand, their arguments. */
  readonly keys?: readonly string[];
  /** Run in the installed folder, one after the other. */
  readonly commands: readonly (readonly string[])[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Run each time, after the copy: cheap steps that depend on our sources. */
  readonly everyTime?: (folder: string) => Promise<void>;
}

/** Copies a peer's folder and runs its installation unless that was done before. Returns where it is now. */
export async function installPeer(
  { name, manifests, keys = [], commands, environment = {}, everyTime }: Installation,
  { progress, signal }: PeerContext,
): Promise<string> {
  const source = join(peersFolder, name);
  const folder = join(outFolder, "peers", name);
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(source)) {
    if (!isOwn(file)) await cp(join(source, file), join(folder, file), { recursive: true });
  }
  const stamp = await stampOf(source, manifests, keys);
  const stampFile = Bun.file(join(folder, stampName));
  if (!((await stampFile.exists()) && (await stampFile.text()) === stamp)) {
    await progress.during(`installing the peer ${name} (once)`, () =>
      runAll(name, folder, commands, environment, signal),
    );
    await stampFile.write(stamp);
    progress.say(`installed the peer ${name}`);
  }
  await everyTime?.(folder);
  return folder;
}

async function stampOf(
  source: string,
  manifests: readonly string[],
  keys: readonly string[],
): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for (const file of manifests) hash.update(await Bun.file(join(source, file)).bytes());
  return hash
    .update(keys.join("\n"))
    .update(process.platform + process.arch)
    .digest("hex");
}

async function runAll(
  name: string,
  folder: string,
  commands: readonly (readonly string[])[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const log = join(folder, "install.log");
  let output = "";
  for (const command of commands) {
    const child = Bun.spawn([...command], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    output += `$ ${command.join(" ")}\n${stdout}${stderr}`;
    await Bun.write(log, output);
    signal.throwIfAborted();
    if (child.exitCode !== 0) {
      const step = command.slice(0, 2).join(" ");
      throw new PeerUnavailable(
        `\`${step}\` ended with ${child.exitCode}: ${tellingLine(stderr || stdout)} (all of it: bench/out/peers/${name}/install.log)`,
      );
    }
  }
}

/** What a program says about its version, in one line. */
export async function versionOf(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return (stdout || stderr).trim().split("\n")[0] ?? "unknown";
}

/** Prepares peers one after the other; those that can't be had are given with the reason. */
export async function preparePeers(
  peers: readonly Peer[],
  context: PeerContext,
): Promise<{ prepared: PreparedPeer[]; unavailable: Record<string, string> }> {
  const prepared: PreparedPeer[] = [];
  const unavailable: Record<string, string> = {};
  for (const peer of peers) {
    try {
      prepared.push(await peer.prepare(context));
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error;
      unavailable[peer.name] = error.message;
      context.progress.say(`The peer ${peer.name} can't be measured here: ${error.message}`);
    }
  }
  return { prepared, unavailable };
}
