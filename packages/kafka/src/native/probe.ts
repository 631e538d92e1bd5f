/**
 * Opens the library named on the command line and prints its version and the libraries that came with it, as JSON. A process of its own: a library
 * once opened can't be given back, and one that turns out too old must not stay in a process that then opens another.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { openLibrary } from "./ffi.ts";
import type { ProbedLibrary } from "./library-probe.ts";

const path = realpathSync(process.argv[2]!);
const before = new Set(sharedLibraries());
console.log(JSON.stringify(probe()));

function probe(): ProbedLibrary {
  try {
    const { rd_kafka_version } = openLibrary(path, { rd_kafka_version: { args: [], returns: "i32" } });
    const dependencies = sharedLibraries().filter((file) => file !== path && !before.has(file));
    return { version: rd_kafka_version(), dependencies: dependencies.map(nameAcrossUpdates) };
  } catch (error) {
    // The dynamic linker's own words, without what comes before them.
    return {
      failure: (error as Error).message
        .replace(/^Failed to open library ".*?": /, "")
        .replace(`${path}: `, ""),
    };
  }
}

/** The shared libraries in this process; none where the system does not tell. */
function sharedLibraries(): string[] {
  if (process.platform !== "linux") return [];
  const mapped = readFileSync("/proc/self/maps", "utf8").matchAll(/\s(\/\S+\.so(?:\.\w+)*)$/gm);
  return [...new Set([...mapped].map((match) => match[1]!))];
}

/** `libz.so.1` for `libz.so.1.2.13`: the name that a program is linked with, and that stays through minor updates. */
function nameAcrossUpdates(file: string): string {
  const name = file.replace(/(\.so\.\d+)(?:\.\w+)+$/, "$1");
  return existsSync(name) ? name : file;
}
