/** Confluent's Python client: librdkafka again, from its wheel, under another language. */
import { join } from "node:path";
import { type Peer, versionOf } from "../../harness/peer.ts";
import { installPythonPeer } from "../../harness/python-peer.ts";

export const python: Peer = {
  name: "python",
  title: "confluent-kafka on Python",
  async prepare(context) {
    const { folder, interpreter } = await installPythonPeer("python", context);
    const versions = await versionOf([
      interpreter,
      "-c",
      "import confluent_kafka as k, platform; print(f'{k.version()} (librdkafka {k.libversion()[0]}, Python {platform.python_version()})')",
    ]);
    return {
      name: "python",
      versions: { "confluent-kafka": versions },
      subjects: [
        {
          name: "python",
          title: "confluent-kafka for Python",
          works: ["produce", "consume", "latency"],
          command: (work) => [interpreter, join(folder, "client.py"), work],
        },
      ],
    };
  },
};
