/** Where everything goes that a run of the bench makes: payloads, installed peers, logs. Ignored by git, safe to delete. */
import { join, resolve } from "node:path";

export const benchFolder = resolve(import.meta.dir, "..");
export const rootFolder = resolve(benchFolder, "..");
export const outFolder = join(benchFolder, "out");
