/** Confluent's own client on Bun, by packages/confluent: the very programs of the peer `official-node`. */
import { cp, mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { benchFolder, outFolder } from "../../harness/out-folder.ts";
import { type Peer, versionOf } from "../../harness/peer.ts";
import type { Subject, Work } from "../../harness/subject.ts";

const works: readonly Work[] = ["produce", "consume", "latency"];
const programs = { callbacks: "callback-api.mjs", promises: "promise-api.mjs" } as const;
const onBun = [process.execPath, "--preload", "@campus/confluent/register"];

export const confluentOnBun: Peer = {
  name: "confluent-on-bun",
  title: "@confluentinc/kafka-javascript on Bun, by both of its interfaces",
  async prepare() {
    const folder = join(outFolder, "peers", "confluent-on-bun");
    await mkdir(folder, { recursive: true });
    for (const program of Object.values(programs))
      await cp(join(benchFolder, "peers/official-node", program), join(folder, program));
    const subjectModule = relative(folder, join(benchFolder, "subjects/subject.ts"));
    await Bun.write(join(folder, "subject.mjs"), `export * from "${subjectModule}";\n`);
    const subject = (name: string, title: string, program: string): Subject => ({
      name,
      title,
      works,
      cwd: folder,
      command: (work) => [...onBun, join(folder, program), work],
    });
    const script = 'console.log(require("@confluentinc/kafka-javascript").librdkafkaVersion)';
    const library = await versionOf([...onBun, "-e", script]);
    return {
      name: "confluent-on-bun",
      versions: { "@confluentinc/kafka-javascript on Bun": `1.10.1 (librdkafka ${library})` },
      subjects: [
        subject("confluent-on-bun", "official client on Bun, callback API", programs.callbacks),
        subject("confluent-on-bun-kafkajs", "official client on Bun, KafkaJS-shaped API", programs.promises),
      ],
    };
  },
};
