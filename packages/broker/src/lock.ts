/**
 * A lock between processes that the operating system gives back when its holder dies, however it dies. SQLite's lock on
 * its file is exactly that (fcntl on every Unix), and Bun carries SQLite, so there is no stale lock file to guess
 * about and nothing to install. It also excludes two holders within one process.
 */
import { Database } from "bun:sqlite";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

const POLL_MS = 100;

/** Keeps what is locked locked: a database nobody refers to is closed by the garbage collector. */
const held = new Set<Database>();

export interface Lock extends Disposable {
  release(): void;
}

/** Takes the lock kept in the file `path` (made if missing), or answers undefined if someone holds it. */
export async function tryLock(path: string): Promise<Lock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const database = new Database(path, { create: true });
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA journal_mode = MEMORY"); // no second file beside the lock: nothing is ever written
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code?.startsWith("SQLITE_BUSY")) return undefined;
    throw error;
  }
  held.add(database);
  const release = (): void => {
    if (held.delete(database)) database.close(); // rolls back, which is what frees the file
  };
  return { release, [Symbol.dispose]: release };
}

/** Takes the lock, waiting for its holder as long as it takes; `onWait` is called once if there is a wait. */
export async function acquireLock(
  path: string,
  { onWait, signal }: { onWait?: () => void; signal?: AbortSignal | undefined } = {},
): Promise<Lock> {
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted();
    const lock = await tryLock(path);
    if (lock) return lock;
    if (!waited) onWait?.();
    await Bun.sleep(POLL_MS);
  }
}
