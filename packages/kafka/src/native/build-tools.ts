/** What a build needs of the machine besides headers, and the environment it runs in. */
import { LibraryError } from "./library-error.ts";

/** Throws a `LibraryError` naming all tools that are missing, before anything is started. */
export function requireBuildTools(environment: NodeJS.ProcessEnv): void {
  const has = (name: string) => Bun.which(name, { PATH: environment.PATH ?? "" }) !== null;
  const missing: string[] = [];
  if (!cCompiler(environment))
    missing.push(environment.CC ? `the C compiler CC names (${environment.CC})` : "a C compiler");
  if (!has("make")) missing.push("make");
  if (!has("bash")) missing.push("bash");
  if (missing.length === 0) return;
  const list = missing.length > 1 ? `${missing.slice(0, -1).join(", ")} and ${missing.at(-1)}` : missing[0];
  throw new LibraryError(
    `librdkafka has to be built on this machine, and ${list} ${missing.length > 1 ? "are" : "is"} missing.`,
  );
}

/** The environment for `configure` and `make`: the user's, without what would mislead them. */
export function buildEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...environment, LC_ALL: "C", TERM: "dumb" };
  // Of a make that runs us; of shells that would run or print something first; of an install that is none of ours.
  for (const name of [
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "BASH_ENV",
    "ENV",
    "CDPATH",
    "DESTDIR",
  ])
    delete env[name];
  // configure insists on a C++ compiler, for a wrapper that is not built here; the C compiler passes for one.
  const cxx = env.CXX || ["g++", "clang++", "c++"].find((name) => Bun.which(name, { PATH: env.PATH ?? "" }));
  env.CXX = cxx ?? cCompiler(environment) ?? "";
  return env;
}

/** The compiler `configure` will take. On macOS the command may be a stub that only offers to install the real one. */
function cCompiler(environment: NodeJS.ProcessEnv): string | undefined {
  const PATH = environment.PATH ?? "";
  const given = environment.CC?.trim();
  if (given) return Bun.which(given.split(/\s+/)[0]!, { PATH }) ? given : undefined;
  const name = ["gcc", "clang", "cc"].find((candidate) => Bun.which(candidate, { PATH }));
  if (name && process.platform === "darwin" && !Bun.spawnSync(["xcode-select", "-p"]).success)
    return undefined;
  return name;
}
