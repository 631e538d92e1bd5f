/** franz-go, the client that Go programs choose for speed. */
import { join } from "node:path";
import { installPeer, type Peer, requireProgram, versionOf } from "../../harness/peer.ts";

export const franzGo: Peer = {
  name: "franz-go",
  title: "franz-go, a client in Go",
  async prepare(context) {
    const go = requireProgram("go", "the Go toolchain");
    const goVersion = await versionOf([go, "env", "GOVERSION"]);
    const folder = await installPeer(
      {
        name: "franz-go",
        manifests: ["go.mod", "go.sum", "main.go", "produce.go", "consume.go", "decide.go"],
        keys: [goVersion],
        commands: [[go, "build", "-o", "client", "."]],
      },
      context,
    );
    return {
      name: "franz-go",
      versions: { "franz-go": `1.22.2 (${goVersion})` },
      subjects: [
        {
          name: "franz-go",
          title: "franz-go",
          works: ["produce", "consume", "latency", "decide"],
          command: (work) => [join(folder, "client"), work],
          environment: { BENCH_SESSIONS: process.env.BENCH_SESSIONS ?? "3" },
        },
      ],
    };
  },
};
