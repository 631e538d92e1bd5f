/** Confluent's Python client: librdkafka again, from its wheel, under another language. */
import { join } from "node:path";
import { installPeer, type Peer, requireProgram, versionOf } from "../../harness/peer.ts";

export const python: Peer = {
  name: "python",
  title: "confluent-kafka on Python",
  async prepare(context) {
    const system = requireProgram("python3", "Python 3 with venv");
    const folder = await installPeer(
      {
        name: "python",
        manifests: ["requirements.txt"],
        keys: [await versionOf([system, "--version"])],
        commands: [
          [system, "-m", "venv", "--clear", "venv"],
          ["venv/bin/python", "-m", "pip", "install", "--quiet", "--no-input", "-r", "requirements.txt"],
        ],
      },
      context,
    );
    const interpreter = join(folder, "venv/bin/python");
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
