/** Peers that run on Node: installed by npm from their manifest and lock file, with our `subject.ts` beside them as plain JavaScript. */
import { join } from "node:path";
import { benchFolder } from "./out-folder.ts";
import { installPeer, type PeerContext, PeerUnavailable, requireProgram, versionOf } from "./peer.ts";

export interface NodePeer {
  readonly folder: string;
  /** The Node that runs it. */
  readonly node: string;
  readonly nodeVersion: string;
}

export interface NodeInstallation {
  readonly name: string;
  /** The oldest Node it runs on, `20` or `22.18`. */
  readonly minimumNode: string;
  /** For its native parts' build. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function installNodePeer(
  { name, minimumNode, environment = {} }: NodeInstallation,
  context: PeerContext,
): Promise<NodePeer> {
  const systemNode = requireProgram("node", "Node runs this peer");
  const npm = requireProgram("npm", "npm installs this peer");
  const folder = await installPeer(
    {
      name,
      manifests: ["package.json", "package-lock.json"],
      // Native parts are built for a Node.
      keys: [await versionOf([systemNode, "--version"])],
      commands: [[npm, "ci", "--no-audit", "--no-fund", "--no-progress"]],
      environment,
      everyTime: writeSubjectModule,
    },
    context,
  );
  const node = await ownNode(folder, systemNode);
  const nodeVersion = (await versionOf([node, "--version"])).replace(/^v/, "");
  if (Bun.semver.order(nodeVersion, `${minimumNode}${".0".repeat(3 - minimumNode.split(".").length)}`) < 0)
    throw new PeerUnavailable(`it needs Node ${minimumNode} or newer, and ${node} is ${nodeVersion}`);
  return { folder, node, nodeVersion };
}

/** A manifest may bring a Node of its own, where the package for this platform exists. */
async function ownNode(folder: string, systemNode: string): Promise<string> {
  const own = join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return (await Bun.file(own).exists()) ? own : systemNode;
}

async function writeSubjectModule(folder: string): Promise<void> {
  const source = await Bun.file(join(benchFolder, "subjects/subject.ts")).text();
  const script = new Bun.Transpiler({ loader: "ts", target: "node" }).transformSync(source);
  await Bun.write(join(folder, "subject.mjs"), script);
}
