/** franz-go, the client that Go programs choose for speed. */
import { join } from "node:path";
import { partitions } from "../../harness/client-settings.ts";
import { installPeer, type Peer, requireProgram, versionOf } from "../../harness/peer.ts";
import type { Work } from "../../harness/subject.ts";

export const franzGo: Peer = {
  name: "franz-go",
  title: "franz-go, a client in Go",
  async prepare(context) {
    const go = requireProgram("go", "the Go toolchain");
    const goVersion = await versionOf([go, "env", "GOVERSION"]);
    const folder = await installPeer(
      {
        name: "franz-go",
        manifests: [
          ...["go.mod", "go.sum", "main.go", "produce.go", "consume.go"],
          ...["sessions.go", "decide.go", "count.go"],
        ],
        keys: [goVersion],
        commands: [[go, "build", "-o", "client", "."]],
      },
      context,
    );
    const command = (work: Work) => [join(folder, "client"), work];
    return {
      name: "franz-go",
      versions: { "franz-go": `1.22.2 (${goVersion})` },
      subjects: [
        {
          name: "franz-go",
          title: "franz-go",
          works: ["produce", "consume", "latency", "decide", "count"],
          command,
          environment: { BENCH_SESSIONS: String(partitions) },
          notes: {
            decide: `${partitions} GroupTransactSessions in one process`,
            count: `${partitions} GroupTransactSessions in one process; writes what each transaction adds, keeps no totals`,
          },
        },
        {
          name: "franz-go-one-session",
          title: "franz-go",
          works: ["decide"],
          command,
          environment: { BENCH_SESSIONS: "1" },
          notes: { decide: "one GroupTransactSession, as in its examples" },
        },
      ],
    };
  },
};
