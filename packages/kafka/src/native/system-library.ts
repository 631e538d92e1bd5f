/** Looks for a librdkafka that the system has, where the dynamic linker would. */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { libraryFile } from "./build-cache.ts";
import { debianTriplet } from "./build-features.ts";
import { probeLibrary } from "./library-probe.ts";
import { describeVersion, minimumVersion } from "./library-version.ts";

export interface SystemSearch {
  /** The first library found that is recent enough. */
  readonly path?: string;
  /** A line for each found library that can't be used. */
  readonly refused: readonly string[];
}

/** Searches `folders` in order. Each candidate costs a short-lived process, so ask where nothing cheaper has the answer. */
export function findSystemLibrary(folders: readonly string[]): SystemSearch {
  const refused: string[] = [];
  const seen = new Set<string>();
  for (const path of folders.map((folder) => join(folder, libraryFile)).filter((file) => existsSync(file))) {
    const file = realpathSync(path);
    if (seen.has(file)) continue;
    seen.add(file);
    const probed = probeLibrary(path);
    if ("failure" in probed) {
      refused.push(`${path} can't be opened: ${probed.failure}`);
    } else if (probed.version < minimumVersion) {
      refused.push(
        `${path} is librdkafka ${describeVersion(probed.version)}; ${describeVersion(minimumVersion)} or newer is needed`,
      );
    } else {
      return { path, refused };
    }
  }
  return { refused };
}

/** The folders that shared libraries lie in on this system, the user's own before the system's. */
export function systemLibraryFolders(environment: NodeJS.ProcessEnv): string[] {
  const listed = (environment.LD_LIBRARY_PATH ?? environment.DYLD_LIBRARY_PATH ?? "")
    .split(":")
    .filter(Boolean);
  if (process.platform === "darwin")
    return [...listed, "/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"];
  return [...listed, "/usr/local/lib", `/usr/lib/${debianTriplet}`, "/usr/lib64", "/usr/lib", "/lib"];
}
