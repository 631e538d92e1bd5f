/**
 * What is written into a node's server.properties: the settings of this project's clusters, and the file format.
 * Pure: ports, paths and ids come from the caller.
 */
import { BrokerError } from "./error.ts";
import { LOOPBACK } from "./ports.ts";

export type Properties = Record<string, string | number | boolean>;

/** One node's place in its cluster. */
export interface NodeAddress {
  readonly id: number;
  /** For clients and for the other brokers. */
  readonly port: number;
  /** For the controllers' own traffic. */
  readonly controllerPort: number;
  /** Ports of the extra listeners, by their name. */
  readonly listenerPorts: Readonly<Record<string, number>>;
}

/** A listener besides the plain one: for TLS, SASL, or behind a proxy. */
export interface Listener {
  readonly protocol: "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  /** What clients are told to connect to instead of the listener's own ports: one for each node, of a proxy in front. */
  readonly advertisedPorts?: readonly number[];
}

export interface ServerOptions {
  /** All nodes, this one among them. */
  nodes: readonly NodeAddress[];
  nodeId: number;
  /** Where the node keeps its data. */
  logDir: string;
  listeners?: Readonly<Record<string, Listener>>;
  /** Added last, and so stronger than this project's own choices. */
  properties?: Properties;
}

/** What a cluster can't run with another value of; `listeners` covers what people change these for. */
const OWN = [
  "process.roles",
  "node.id",
  "broker.id",
  "controller.quorum.voters",
  "controller.quorum.bootstrap.servers",
  "controller.listener.names",
  "listeners",
  "advertised.listeners",
  "listener.security.protocol.map",
  "inter.broker.listener.name",
  "log.dir",
  "log.dirs",
  "metadata.log.dir",
];

/** The settings of one node, a combined broker and controller. */
export function serverProperties({
  nodes,
  nodeId,
  logDir,
  listeners = {},
  properties = {},
}: ServerOptions): Properties {
  checkExtras(properties, listeners, nodes.length);
  const index = nodes.findIndex(({ id }) => id === nodeId);
  const self = nodes[index]!;
  const extra = Object.entries(listeners);
  const bind = (name: string, port: number | undefined): string => `${name}://${LOOPBACK}:${port}`;
  const advertised = extra.map(([name, { advertisedPorts }]) =>
    bind(name, advertisedPorts?.[index] ?? self.listenerPorts[name]),
  );
  return {
    "process.roles": "broker,controller",
    "node.id": nodeId,
    "controller.quorum.voters": nodes
      .map((node) => `${node.id}@${LOOPBACK}:${node.controllerPort}`)
      .join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    listeners: [
      bind("PLAINTEXT", self.port),
      bind("CONTROLLER", self.controllerPort),
      ...extra.map(([name]) => bind(name, self.listenerPorts[name])),
    ].join(","),
    "advertised.listeners": [bind("PLAINTEXT", self.port), ...advertised].join(","),
    "listener.security.protocol.map": [
      "PLAINTEXT:PLAINTEXT",
      "CONTROLLER:PLAINTEXT",
      ...extra.map(([name, { protocol }]) => `${name}:${protocol}`),
    ].join(","),
    "log.dirs": logDir,
    ...replication(nodes.length),
    "auto.create.topics.enable": false,
    // A new group's first members are few and known: waiting for more (3 s) only delays the first record.
    "group.initial.rebalance.delay.ms": 0,
    // 50 by default: a second's work when the first group or transaction comes. Divisible by 1 and by 3 brokers.
    "offsets.topic.num.partitions": 9,
    "transaction.state.log.num.partitions": 9,
    // Allocated at once and whole, 128 MB by default: a quarter of this heap for compaction that hardly ever runs here.
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    ...properties,
  };
}

/** Three copies of everything, two of them needed for a write; on a single node, one. */
function replication(nodes: number): Properties {
  const copies = Math.min(3, nodes);
  const inSync = copies === 3 ? 2 : 1;
  return {
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": copies,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": inSync,
  };
}

function checkExtras(
  properties: Properties,
  listeners: Readonly<Record<string, Listener>>,
  nodes: number,
): void {
  for (const name of OWN) {
    if (name in properties) {
      throw new BrokerError(
        "BAD_OPTION",
        `properties["${name}"] is set by the cluster itself and can't be given (for more listeners: \`listeners\`).`,
      );
    }
  }
  for (const [name, { advertisedPorts }] of Object.entries(listeners)) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) || name === "PLAINTEXT" || name === "CONTROLLER") {
      throw new BrokerError(
        "BAD_OPTION",
        `listeners: "${name}" must be capital letters, and not one of the cluster's own.`,
      );
    }
    if (advertisedPorts && advertisedPorts.length !== nodes) {
      throw new BrokerError(
        "BAD_OPTION",
        `listeners.${name}.advertisedPorts has ${advertisedPorts.length} ports for ${nodes} nodes.`,
      );
    }
  }
}

/** A .properties file as Java reads it: backslashes, line ends and all but ASCII escaped. */
export function renderProperties(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => {
      const key = escapeText(name).replace(/[=: #!]/g, "\\$&");
      return `${key}=${escapeText(String(value)).replace(/^ /, "\\ ")}\n`;
    })
    .join("");
}

function escapeText(text: string): string {
  return text
    .replace(/\\/g, "\\\\")
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
