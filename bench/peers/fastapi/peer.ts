/** The producer service in Python: FastAPI and Confluent's client. */
import { join } from "node:path";
import { installPeer, type Peer, requireProgram, versionOf } from "../../harness/peer.ts";

export const fastapi: Peer = {
  name: "fastapi",
  title: "order intake in Python: FastAPI on uvicorn and confluent-kafka",
  isFramework: true,
  async prepare(context) {
    const system = requireProgram("python3", "Python 3 with venv");
    const pythonVersion = await versionOf([system, "--version"]);
    const folder = await installPeer(
      {
        name: "fastapi",
        manifests: ["requirements.txt"],
        keys: [pythonVersion],
        commands: [
          [system, "-m", "venv", "--clear", "venv"],
          ["venv/bin/python", "-m", "pip", "install", "--quiet", "--no-input", "-r", "requirements.txt"],
        ],
      },
      context,
    );
    return {
      name: "fastapi",
      versions: { fastapi: `0.165.0 (uvicorn 0.54.0, ${pythonVersion})`, "confluent-kafka": "2.16.1" },
      subjects: [
        {
          name: "fastapi",
          title: "FastAPI on uvicorn and confluent-kafka",
          works: ["serve"],
          command: () => [join(folder, "venv/bin/python"), join(folder, "intake.py")],
        },
      ],
    };
  },
};
