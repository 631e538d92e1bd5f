/** A C program on the very librdkafka file that our client loads: what is left to gain is the difference. */
import { rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { libraryVersion } from "@campus/kafka";
import { installPeer, type Peer, PeerUnavailable, requireProgram, versionOf } from "../../harness/peer.ts";

/** The headers are in the npm package that our client is built on. */
function headerFolder(version: string): string {
  const kafkaPackage = dirname(fileURLToPath(import.meta.resolve("@campus/kafka")));
  const manifest = Bun.resolveSync("@confluentinc/kafka-javascript/package.json", kafkaPackage);
  const headersOf: string = require(manifest).librdkafka;
  if (headersOf !== version) {
    throw new PeerUnavailable(
      `the headers at hand are of librdkafka ${headersOf}, the library in use is ${version}: unset LIBRDKAFKA_PATH`,
    );
  }
  return join(dirname(manifest), "deps/librdkafka/src");
}

/** The loader goes by the library's own name, which its file need not have: give it both. */
function linkLibrary(folder: string, library: string): void {
  for (const name of ["librdkafka.so.1", basename(library)]) {
    const link = join(folder, name);
    rmSync(link, { force: true });
    symlinkSync(library, link);
  }
}

export const c: Peer = {
  name: "c",
  title: "a C program on the same librdkafka file",
  async prepare(context) {
    const compiler = process.env.CC || requireProgram("cc", "a C compiler: gcc or clang");
    const { path, version } = libraryVersion();
    const headers = headerFolder(version);
    const compile = [compiler, "-O2", "-o", "client", "client.c", `-I${headers}`, path, "-Wl,-rpath,$ORIGIN"];
    const folder = await installPeer(
      {
        name: "c",
        manifests: ["client.c"],
        keys: compile,
        commands: [compile],
        everyTime: async (to) => linkLibrary(to, path),
      },
      context,
    );
    return {
      name: "c",
      versions: { "C compiler": await versionOf([compiler, "--version"]) },
      subjects: [
        {
          name: "c",
          title: "C, librdkafka",
          works: ["produce", "consume", "latency", "memory"],
          command: (work) => [join(folder, "client"), work],
          notes: { consume: "one queue for all partitions" },
        },
      ],
    };
  },
};
