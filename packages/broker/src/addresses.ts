/**
 * Which ports the nodes of a cluster listen on: the same as in the last run where there was one, the ones asked for, else
 * free ones.
 */
import { BrokerError } from "./error.ts";
import { freePorts, isPortFree, LOOPBACK } from "./ports.ts";
import type { NodeAddress } from "./server-properties.ts";

export interface AddressRequest {
  nodes: number;
  /** The first node's port: this or an error. The others get the ports after it where those are free. */
  port?: number | undefined;
  /** The same, but another port is as good. */
  preferredPort?: number | undefined;
  /** Names of the extra listeners. */
  listeners: readonly string[];
  /** The addresses of an earlier run. */
  previous?: readonly NodeAddress[] | undefined;
}

/**
 * An address for each node.
 * @throws BrokerError PORT_TAKEN if `port` is given and not free
 */
export function assignAddresses(request: AddressRequest): NodeAddress[] {
  const { nodes, port, previous } = request;
  if (previous && (port === undefined || previous[0]!.port === port))
    return withListeners(previous, request.listeners);
  if (port !== undefined && !isPortFree(port)) {
    throw new BrokerError(
      "PORT_TAKEN",
      `Port ${port} on ${LOOPBACK} is taken, or not yours to use: choose another.`,
    );
  }
  const clientPorts = clientPortsFrom(port ?? request.preferredPort, nodes);
  const controllerPorts = freePorts(nodes, clientPorts);
  const addresses = clientPorts.map((clientPort, index) => ({
    id: index + 1,
    port: clientPort,
    controllerPort: controllerPorts[index]!,
    listenerPorts: {},
  }));
  return withListeners(addresses, request.listeners);
}

/** All ports of some nodes. */
export function portsOf(nodes: readonly NodeAddress[]): number[] {
  return nodes.flatMap((node) => [node.port, node.controllerPort, ...Object.values(node.listenerPorts)]);
}

function clientPortsFrom(first: number | undefined, nodes: number): number[] {
  if (first === undefined) return freePorts(nodes);
  const wanted = Array.from({ length: nodes }, (_, index) => first + index);
  const free = wanted.map((port) => (port <= 65_535 && isPortFree(port) ? port : undefined));
  const others = freePorts(nodes, wanted);
  return free.map((port, index) => port ?? others[index]!);
}

/** Ports for listeners that the nodes have none for yet; those no longer asked for are forgotten. */
function withListeners(nodes: readonly NodeAddress[], names: readonly string[]): NodeAddress[] {
  const fresh = freePorts(nodes.length * names.length, portsOf(nodes));
  return nodes.map((node) => ({
    ...node,
    listenerPorts: Object.fromEntries(names.map((name) => [name, node.listenerPorts[name] ?? fresh.pop()!])),
  }));
}
