/** The producer service in Go: net/http and franz-go. */
import { join } from "node:path";
import { installPeer, type Peer, requireProgram, versionOf } from "../../harness/peer.ts";

export const go: Peer = {
  name: "go",
  title: "order intake in Go: net/http and franz-go",
  isFramework: true,
  async prepare(context) {
    const program = requireProgram("go", "the Go toolchain");
    const goVersion = await versionOf([program, "env", "GOVERSION"]);
    const folder = await installPeer(
      {
        name: "go",
        manifests: ["go.mod", "go.sum", "main.go"],
        keys: [goVersion],
        commands: [[program, "build", "-o", "intake", "."]],
      },
      context,
    );
    return {
      name: "go",
      versions: { "net/http": goVersion, "franz-go": "1.22.2" },
      subjects: [
        {
          name: "go",
          title: "Go net/http and franz-go",
          works: ["serve"],
          command: () => [join(folder, "intake")],
        },
      ],
    };
  },
};
