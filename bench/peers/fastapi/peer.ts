/** The producer service in Python: FastAPI and Confluent's client. */
import { join } from "node:path";
import type { Peer } from "../../harness/peer.ts";
import { installPythonPeer } from "../../harness/python-peer.ts";

export const fastapi: Peer = {
  name: "fastapi",
  title: "order intake in Python: FastAPI on uvicorn and confluent-kafka",
  isFramework: true,
  async prepare(context) {
    const { folder, interpreter, version } = await installPythonPeer("fastapi", context);
    return {
      name: "fastapi",
      versions: { fastapi: `0.165.0 (uvicorn 0.54.0, ${version})`, "confluent-kafka": "2.16.1" },
      subjects: [
        {
          name: "fastapi",
          title: "FastAPI on uvicorn and confluent-kafka",
          works: ["serve"],
          command: () => [interpreter, join(folder, "intake.py")],
        },
      ],
    };
  },
};
