/** Peers in Python: installed by pip from their requirements into a virtual environment of their own. */
import { join } from "node:path";
import { installPeer, type PeerContext, requireProgram, versionOf } from "./peer.ts";

export interface PythonPeer {
  readonly folder: string;
  /** That of the virtual environment. */
  readonly interpreter: string;
  /** `Python 3.11.7`. */
  readonly version: string;
}

export async function installPythonPeer(name: string, context: PeerContext): Promise<PythonPeer> {
  const system = requireProgram("python3", "Python 3 with venv");
  const version = await versionOf([system, "--version"]);
  const folder = await installPeer(
    {
      name,
      manifests: ["requirements.txt"],
      keys: [version],
      commands: [
        [system, "-m", "venv", "--clear", "venv"],
        ["venv/bin/python", "-m", "pip", "install", "--quiet", "--no-input", "-r", "requirements.txt"],
      ],
    },
    context,
  );
  return { folder, interpreter: join(folder, "venv/bin/python"), version };
}
