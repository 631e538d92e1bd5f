/**
 * The metrics file on the disk. Each report is a new file under a temporary name in the same folder, moved over the old
 * one in one step, so a reader finds the report before or this one, never half of either, whoever is killed when.
 */
import { constants } from "node:fs";
import { access, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** A write takes milliseconds; a temporary file older than this was left behind by a crash. */
export const LEFTOVER_AGE_MS = 60_000;

export interface MetricsFile {
  /** Where readers find it, absolute. */
  readonly path: string;
  /**
   * Makes the folder if it is missing and sees whether files can be made there.
   * @throws Error naming the path and the setting
   */
  prepare(): Promise<void>;
  /**
   * Replaces the content. Makes the folder if it is missing, and sweeps away what crashes have left in it. Rejects
   * with the file system's error (no space, no permission): what was there before then still is.
   */
  write(report: object): Promise<void>;
}

/** The file at `path`. Any number of processes may write it at once; the last to finish stays. */
export function createMetricsFile(path: string): MetricsFile {
  const target = resolve(path);
  const folder = dirname(target);
  const prefix = `.${basename(target)}.`;
  let last: Promise<unknown> = Promise.resolve();

  async function replace(content: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await sweep(folder, prefix);
    const temporary = join(folder, `${prefix}${crypto.randomUUID()}.tmp`);
    try {
      // "wx": another's file is never written into. 0o644: people read it from outside the container.
      const file = await open(temporary, "wx", 0o644);
      try {
        await file.writeFile(content);
        // Without this a machine that loses power may keep the new name and not the content.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    path: target,
    async prepare() {
      try {
        await mkdir(folder, { recursive: true });
        await access(folder, constants.W_OK);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`The metrics file can't be written: ${reason}. Set ANALYTICS_METRICS_FILE.`, {
          cause,
        });
      }
    },
    write(report) {
      const content = `${JSON.stringify(report, null, 2)}\n`;
      const written = last.then(() => replace(content));
      last = written.catch(() => {});
      return written;
    },
  };
}

async function sweep(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".tmp")) continue;
    const path = join(folder, name);
    // Another instance may sweep at the same time, or finish its own write: gone is as good as removed.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > LEFTOVER_AGE_MS) await rm(path, { force: true });
  }
}
