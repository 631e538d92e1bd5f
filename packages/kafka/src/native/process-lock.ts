/**
 * A lock between processes of one machine. SQLite holds it, and SQLite has it from the kernel, which gives it back when its holder
 * ends, however it ends: there is no stale lock to detect after a kill -9 and no process id to trust. The file stays behind, empty,
 * and means nothing by itself; removing it while someone waits would split the lock in two, so nobody does.
 */
import { Database, SQLiteError } from "bun:sqlite";

const pollMs = 100;

/**
 * Runs `work` while no other process runs its own under the same file, and returns what it returns. `onWait` is called once if the
 * lock is held by another. Waits without limit: the holder either finishes or ends.
 */
export async function withProcessLock<T>(
  file: string,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const database = new Database(file, { create: true });
  try {
    if (!lock(database)) {
      onWait();
      while (!lock(database)) await Bun.sleep(pollMs);
    }
    return await work();
  } finally {
    database.close();
  }
}

function lock(database: Database): boolean {
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA journal_mode = MEMORY");
    database.run("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof SQLiteError && error.code?.startsWith("SQLITE_BUSY")) return false;
    throw error;
  }
}
