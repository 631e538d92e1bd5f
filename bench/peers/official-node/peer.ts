/** Confluent's own client on Node, by both of its interfaces. */
import { join } from "node:path";
import { installNodePeer } from "../../harness/node-peer.ts";
import { type Peer, versionOf } from "../../harness/peer.ts";
import type { Subject, Work } from "../../harness/subject.ts";

const works: readonly Work[] = ["produce", "consume", "latency"];

export const officialNode: Peer = {
  name: "official-node",
  title: "@confluentinc/kafka-javascript on Node, by both of its interfaces",
  async prepare(context) {
    const { folder, node, nodeVersion } = await installNodePeer(
      // Where no ready-made addon can be downloaded, it is built here; linked statically that fails without every optional library.
      { name: "official-node", minimumNode: "20", environment: { CKJS_LINKING: "dynamic" } },
      context,
    );
    const subject = (name: string, title: string, program: string): Subject => ({
      name,
      title,
      works,
      cwd: folder,
      command: (work) => [node, join(folder, program), work],
    });
    const library = await versionOf([
      node,
      "-p",
      `require(${JSON.stringify(join(folder, "node_modules/@confluentinc/kafka-javascript"))}).librdkafkaVersion`,
    ]);
    return {
      name: "official-node",
      versions: {
        "@confluentinc/kafka-javascript": `1.10.1 (librdkafka ${library}, Node ${nodeVersion})`,
      },
      subjects: [
        subject("official-node", "official client, callback API (its fastest)", "callback-api.mjs"),
        subject("official-node-kafkajs", "official client, KafkaJS-shaped API", "promise-api.mjs"),
      ],
    };
  },
};
