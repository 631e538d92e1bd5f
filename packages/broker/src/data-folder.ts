/**
 * Where a cluster keeps everything, and what is remembered between runs: `cluster.json` with the cluster's id, its nodes
 * and their ports, and a folder a node. A kept folder is locked while its cluster runs; a temporary one is deleted after.
 *
 * `cluster.json` also marks the folder as ours. Nothing is ever put into, or cleaned out of, a folder with other things.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BrokerError } from "./error.ts";
import { type Lock, tryLock } from "./lock.ts";
import type { NodeAddress } from "./server-properties.ts";

const CLUSTER_FILE = "cluster.json";
const LOCK_FILE = "cluster.lock";
const FORMAT = 1;

/** What `cluster.json` holds. */
export interface KeptCluster {
  readonly format: typeof FORMAT;
  readonly clusterId: string;
  readonly nodes: readonly NodeAddress[];
}

export interface DataFolder {
  readonly path: string;
  readonly temporary: boolean;
  /** Of the last run, if there was one. */
  readonly kept: KeptCluster | undefined;
  /** Remembers the cluster for the next run. */
  save(cluster: Omit<KeptCluster, "format">): Promise<void>;
  nodeFolder(id: number): string;
  /** Empties the nodes' folders. */
  clean(): Promise<void>;
  /** Unlocks a kept folder, deletes a temporary one. */
  release(): Promise<void>;
}

/** A new folder among the system's temporary ones. */
export async function createTemporaryFolder(): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), "campus-kafka-"));
  return {
    ...folderAt(path),
    temporary: true,
    kept: undefined,
    save: async () => {},
    release: () => rm(path, { recursive: true, force: true }),
  };
}

/**
 * The folder `dataDir`, made if missing and locked; with `clean` without what an earlier cluster left in it.
 * @throws BrokerError DATA_IN_USE, DATA_MISMATCH
 */
export async function openKeptFolder(dataDir: string, { clean = false } = {}): Promise<DataFolder> {
  const path = resolve(dataDir);
  if (path.includes(",")) {
    throw new BrokerError(
      "BAD_OPTION",
      `The data folder ${path} has a comma in its name, which Kafka takes for two folders.`,
    );
  }
  await refuseForeign(path);
  await mkdir(path, { recursive: true });
  const lock = await tryLock(join(path, LOCK_FILE));
  if (!lock) throw await inUse(path);
  try {
    const folder = folderAt(path);
    if (clean) await folder.clean();
    return {
      ...folder,
      temporary: false,
      kept: await readKept(path),
      save: save(path),
      release: unlock(lock),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The cluster last kept in `dataDir`, running or not; undefined if there is none. */
export async function readKept(dataDir: string): Promise<KeptCluster | undefined> {
  const path = join(dataDir, CLUSTER_FILE);
  const file = Bun.file(path);
  if (!(await file.exists())) return undefined;
  const kept = (await file.json().catch(() => undefined)) as Partial<KeptCluster> | undefined;
  if (kept?.format !== FORMAT || !kept.clusterId || !kept.nodes?.length) {
    throw new BrokerError(
      "DATA_MISMATCH",
      `${path} can't be read: delete ${dataDir}, or use another folder.`,
    );
  }
  return kept as KeptCluster;
}

/** A cluster id as Kafka makes them: 16 random bytes in URL-safe base64, not to be mistaken for an option. */
export function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString("base64url");
    if (!id.startsWith("-")) return id;
  }
}

function folderAt(path: string): Pick<DataFolder, "path" | "nodeFolder" | "clean"> {
  return {
    path,
    nodeFolder: (id) => join(path, `node-${id}`),
    clean: async () => {
      await rm(join(path, CLUSTER_FILE), { force: true });
      for (const name of await readdir(path)) {
        if (/^node-\d+$/.test(name)) await rm(join(path, name), { recursive: true, force: true });
      }
    },
  };
}

function save(path: string): DataFolder["save"] {
  return async (cluster) => {
    const partial = join(path, `${CLUSTER_FILE}.partial`);
    await Bun.write(partial, `${JSON.stringify({ format: FORMAT, ...cluster }, null, 2)}\n`);
    await rename(partial, join(path, CLUSTER_FILE));
  };
}

function unlock(lock: Lock): DataFolder["release"] {
  return async () => lock.release();
}

/** A folder with things in it that no cluster put there is somebody's: most likely the wrong path was given. */
async function refuseForeign(path: string): Promise<void> {
  const names = await readdir(path).catch((error: { code?: string; message: string }): string[] => {
    if (error.code === "ENOENT") return [];
    throw new BrokerError("DATA_MISMATCH", `The data folder ${path} can't be used: ${error.message}`, {
      cause: error,
    });
  });
  const ours = names.length === 0 || names.includes(CLUSTER_FILE) || names.includes(LOCK_FILE);
  if (!ours) {
    throw new BrokerError(
      "DATA_MISMATCH",
      `${path} holds other things (${names.slice(0, 3).join(", ")}…) and no Kafka data: use a new or an empty folder.`,
    );
  }
}

async function inUse(path: string): Promise<BrokerError> {
  const kept = await readKept(path).catch(() => undefined);
  const where = kept ? ` (127.0.0.1:${kept.nodes.map((node) => node.port).join(", 127.0.0.1:")})` : "";
  return new BrokerError(
    "DATA_IN_USE",
    `A cluster on ${path} is running already${where}: use it, stop it, or choose another data folder.`,
  );
}
