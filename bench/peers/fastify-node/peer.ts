/** The producer service on Node: Fastify and Confluent's client. */
import { join } from "node:path";
import { installNodePeer } from "../../harness/node-peer.ts";
import type { Peer } from "../../harness/peer.ts";

export const fastifyNode: Peer = {
  name: "fastify-node",
  title: "order intake on Node: Fastify and the official client",
  isFramework: true,
  async prepare(context) {
    const { folder, node, nodeVersion } = await installNodePeer(
      // As for official-node: where the addon is built here, it is built without the optional libraries.
      { name: "fastify-node", minimumNode: "20", environment: { CKJS_LINKING: "dynamic" } },
      context,
    );
    return {
      name: "fastify-node",
      versions: {
        fastify: `5.12.8 (Node ${nodeVersion})`,
        "@confluentinc/kafka-javascript": "1.10.1",
      },
      subjects: [
        {
          name: "fastify-node",
          title: "Fastify and the official client on Node",
          works: ["serve"],
          cwd: folder,
          environment: { NODE_ENV: "production" },
          command: () => [node, join(folder, "intake.mjs")],
        },
      ],
    };
  },
};
