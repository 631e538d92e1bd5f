/** KafkaJS, the pure-JavaScript client that most Node programs still have. */
import { join } from "node:path";
import { installNodePeer } from "../../harness/node-peer.ts";
import type { Peer } from "../../harness/peer.ts";

export const kafkajs: Peer = {
  name: "kafkajs",
  title: "KafkaJS on Node",
  async prepare(context) {
    const { folder, node, nodeVersion } = await installNodePeer(
      { name: "kafkajs", minimumNode: "20" },
      context,
    );
    return {
      name: "kafkajs",
      versions: { kafkajs: `2.2.4 (lz4-napi 2.10.0, Node ${nodeVersion})` },
      subjects: [
        {
          name: "kafkajs",
          title: "KafkaJS",
          works: ["produce", "consume", "latency"],
          cwd: folder,
          command: (work) => [node, join(folder, "client.mjs"), work],
          notes: { produce: "it does not linger: batches are what `send` gets" },
        },
      ],
    };
  },
};
