/**
 * Real Apache Kafka on this machine: one node, or three that replicate, each a Java process in combined mode (broker and
 * KRaft controller) on loopback. This file decides what is started with which ports and data; node.ts runs a node.
 *
 * A temporary cluster takes any free ports, and others if one is taken before it gets to them. A kept one (`dataDir`) has
 * its ports for good, since clients were told them: if they are taken it says so.
 */
import { type AddressRequest, assignAddresses, portsOf } from "./addresses.ts";
import { type ApacheOptions, checkOptions, DEFAULTS } from "./apache-options.ts";
import type { Cluster } from "./cluster.ts";
import { createTemporaryFolder, type DataFolder, newClusterId, openKeptFolder } from "./data-folder.ts";
import { BrokerError } from "./error.ts";
import { ensureJars } from "./jars.ts";
import { findJava } from "./java.ts";
import type { Runtime } from "./jvm.ts";
import { type ApacheNode, Node } from "./node.ts";
import { isPortFree, LOOPBACK } from "./ports.ts";
import { type NodeAddress, serverProperties } from "./server-properties.ts";

/** A running Apache Kafka. */
export interface ApacheCluster extends Cluster {
  readonly kind: "apache";
  readonly clusterId: string;
  /** In order of their ids, which begin at 1. */
  readonly nodes: readonly ApacheNode[];
  readonly dataDir: string;
  readonly temporary: boolean;
  /** From the call of `startApache` to the last node being ready. */
  readonly startedInMs: number;
  /** The Java it runs on. */
  readonly javaVersion: string;
  /** Bootstrap servers of an extra listener, as clients are told of them. */
  brokersOf(listener: string): string;
}

const TEMPORARY_TRIES = 5;
const PORTS_FREE_TIMEOUT_MS = 10_000;

/**
 * Starts Apache Kafka, fetching it first if this machine does not have it, and resolves once every node is ready.
 * @throws BrokerError saying what is missing or wrong, and what to do; nothing is left running then
 */
export async function startApache(options: ApacheOptions = {}): Promise<ApacheCluster> {
  checkOptions(options);
  const startedAt = performance.now();
  const { signal } = options;
  const java = await findJava();
  const runtime = async (): Promise<Runtime> => ({
    java,
    jars: await ensureJars({ signal, ...(options.cacheDir && { cacheDir: options.cacheDir }) }),
  });
  await runtime();
  const { dataDir, clean = false } = options;
  const folder =
    dataDir === undefined ? await createTemporaryFolder() : await openKeptFolder(dataDir, { clean });
  try {
    const { nodes, clusterId } = await startNodes(options, folder, runtime);
    return createHandle({ options, folder, nodes, clusterId, startedAt, javaVersion: java.version });
  } catch (error) {
    await folder.release();
    throw error;
  }
}

interface StartedNodes {
  nodes: Node[];
  clusterId: string;
}

async function startNodes(
  options: ApacheOptions,
  folder: DataFolder,
  runtime: () => Promise<Runtime>,
): Promise<StartedNodes> {
  for (let tries = 1; ; tries++) {
    const addresses = await addressesFor(options, folder);
    const clusterId = folder.kept?.clusterId ?? newClusterId();
    await folder.save({ clusterId, nodes: addresses });
    const nodes = addresses.map((address) =>
      createNode({ options, folder, runtime, clusterId, address, addresses }),
    );
    try {
      await startTogether(nodes, options.signal);
      return { nodes, clusterId };
    } catch (error) {
      const taken = error instanceof BrokerError && error.code === "PORT_TAKEN";
      if (!taken || !folder.temporary || options.port !== undefined || tries === TEMPORARY_TRIES) throw error;
      await folder.clean();
    }
  }
}

/** Starts all nodes side by side; if one fails, all are ended and its error is thrown. */
async function startTogether(nodes: readonly Node[], signal: AbortSignal | undefined): Promise<void> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const expected = nodes.map(({ id }) => id);
  const starts = nodes.map((node) =>
    node.start({ expected, signal: either }).catch((error) => {
      failed.abort(error); // the first one counts: the others then fail with it
      throw error;
    }),
  );
  const results = await Promise.allSettled(starts);
  if (results.every(({ status }) => status === "fulfilled")) return;
  throw either.reason;
}

/** The nodes' addresses, once their ports are free. */
async function addressesFor(options: ApacheOptions, folder: DataFolder): Promise<NodeAddress[]> {
  const { kept } = folder;
  if (kept && options.nodes !== undefined && options.nodes !== kept.nodes.length) {
    throw new BrokerError(
      "DATA_MISMATCH",
      `${folder.path} holds a cluster of ${kept.nodes.length}, not of ${options.nodes}: start it as it is, ` +
        "delete its data (--clean), or use another folder (--data).",
    );
  }
  const request: AddressRequest = {
    nodes: kept?.nodes.length ?? options.nodes ?? 1,
    port: options.port,
    preferredPort: options.preferredPort,
    listeners: Object.keys(options.listeners ?? {}),
    previous: kept?.nodes,
  };
  const addresses = assignAddresses(request);
  if (kept) await waitForPorts(addresses, folder.path, options.signal);
  return addresses;
}

/** A cluster whose owner was killed takes a moment to end; its ports are worth a short wait, then someone else has them. */
async function waitForPorts(
  nodes: readonly NodeAddress[],
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + PORTS_FREE_TIMEOUT_MS;
  for (;;) {
    const taken = portsOf(nodes).filter((port) => !isPortFree(port));
    if (taken.length === 0) return;
    if (performance.now() > deadline) {
      throw new BrokerError(
        "PORT_TAKEN",
        `The cluster kept in ${path} listens on port ${taken.join(", ")}, which another program has: end that, ` +
          "choose another (--port), or start with an empty folder (--clean, --data).",
      );
    }
    signal?.throwIfAborted();
    await Bun.sleep(100);
  }
}

function createNode(context: {
  options: ApacheOptions;
  folder: DataFolder;
  runtime: () => Promise<Runtime>;
  clusterId: string;
  address: NodeAddress;
  addresses: readonly NodeAddress[];
}): Node {
  const { options, folder, runtime, clusterId, address, addresses } = context;
  const { listeners = {}, properties = {} } = options;
  const node: Node = new Node({
    address,
    clusterId,
    path: folder.nodeFolder(address.id),
    properties: (logDir) =>
      serverProperties({ nodes: addresses, nodeId: address.id, logDir, listeners, properties }),
    formatArguments: options.formatArguments ?? [],
    runtime,
    heapMiB: options.heapMiB ?? DEFAULTS.heapMiB,
    logLevel: options.logLevel ?? DEFAULTS.logLevel,
    startTimeoutMs: options.startTimeoutMs ?? DEFAULTS.startTimeoutMs,
    stopTimeoutMs: options.stopTimeoutMs ?? DEFAULTS.stopTimeoutMs,
    recordsClasses: address.id === 1,
    temporary: folder.temporary,
    onExit: (exit) => options.onNodeExit?.(node, exit),
  });
  return node;
}

function createHandle(context: {
  options: ApacheOptions;
  folder: DataFolder;
  nodes: readonly Node[];
  clusterId: string;
  startedAt: number;
  javaVersion: string;
}): ApacheCluster {
  const { options, folder, nodes, clusterId, startedAt, javaVersion } = context;
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close({ dataIsKept: !folder.temporary })));
    await folder.release();
  };
  const stop = (): Promise<void> => (stopped ??= stopAll());
  return {
    kind: "apache",
    clusterId,
    nodes,
    javaVersion,
    brokers: nodes.map((node) => node.address).join(","),
    dataDir: folder.path,
    temporary: folder.temporary,
    startedInMs: performance.now() - startedAt,
    brokersOf: (name) => {
      const listener = options.listeners?.[name];
      if (!listener) throw new BrokerError("BAD_OPTION", `The cluster was not given a listener "${name}".`);
      return nodes
        .map((node, index) => `${LOOPBACK}:${listener.advertisedPorts?.[index] ?? node.listenerPorts[name]}`)
        .join(",");
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
