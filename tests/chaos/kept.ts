/**
 * What was measured already, a file a figure or planted bug, so that a report of an hour can be made piece by piece, or go on where it was interrupted.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";

export interface Kept {
  /** What was kept under this name for this seed, else what `measure` gives, which is kept. */
  of<T extends object>(name: string, seed: number, measure: () => Promise<T>): Promise<T>;
}

/** Without a folder nothing is kept. */
export function createKept(folder: string | undefined): Kept {
  return {
    async of<T extends object>(name: string, seed: number, measure: () => Promise<T>): Promise<T> {
      if (folder === undefined) return await measure();
      const file = Bun.file(join(folder, `${name}-seed-${seed}.json`));
      if (await file.exists()) return (await file.json()) as T;
      const measured = await measure();
      // Whole or not at all, whenever it is interrupted.
      await Bun.write(`${file.name}.part`, `${JSON.stringify(measured, null, 2)}\n`);
      await rename(`${file.name}.part`, file.name!);
      return measured;
    },
  };
}
