/** @platformatic/kafka, the younger pure-JavaScript client. It refuses Node 20, so its manifest brings a Node along. */
import { join } from "node:path";
import { installNodePeer } from "../../harness/node-peer.ts";
import type { Peer } from "../../harness/peer.ts";

export const platformatic: Peer = {
  name: "platformatic",
  title: "@platformatic/kafka on Node",
  async prepare(context) {
    const { folder, node, nodeVersion } = await installNodePeer(
      { name: "platformatic", minimumNode: "22.22" },
      context,
    );
    return {
      name: "platformatic",
      versions: { "@platformatic/kafka": `2.12.1 (Node ${nodeVersion})` },
      subjects: [
        {
          name: "platformatic",
          title: "@platformatic/kafka",
          works: ["produce", "consume", "latency"],
          cwd: folder,
          command: (work) => [node, join(folder, "client.mjs"), work],
          notes: { produce: "it does not linger: batches are what `send` gets" },
        },
      ],
    };
  },
};
