/**
 * Which addresses the services get: the order producer the one that was asked for, each management port a known one. The
 * supervisor chooses them, so that it can say in its banner where everything is.
 */
import { freePorts } from "@campus/broker";
import { integer, readSettings, text } from "@campus/service";

/** What the supervisor reads of the services' own settings; their descriptions are the services'. */
const SETTINGS = {
  host: text("HOST", { default: "127.0.0.1", description: "" }),
  port: integer("PORT", { default: 8201, min: 0, max: 65_535, description: "" }),
  managementHost: text("MANAGEMENT_HOST", { default: "127.0.0.1", description: "" }),
  managementPort: integer("MANAGEMENT_PORT", { default: 9201, min: 0, max: 65_533, description: "" }),
  dashboardHost: text("DASHBOARD_HOST", { default: "127.0.0.1", description: "" }),
  dashboardPort: integer("DASHBOARD_PORT", { default: 8202, min: 0, max: 65_535, description: "" }),
};

export interface Addresses {
  /** Where the order producer is to listen. */
  readonly host: string;
  readonly port: number;
  /** Where this machine reaches it. */
  readonly url: string;
  /** Where the dashboard is to listen, and where this machine reaches it. */
  readonly dashboardPort: number;
  readonly dashboardUrl: string;
  readonly managementHost: string;
  /** One for each service, in the order in which they were named. */
  readonly managementPorts: readonly number[];
}

/** The port that was asked for is someone else's. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

/**
 * Chooses the addresses for `services` services. `PORT=0`, and management and dashboard ports that are taken, become free ones;
 * `MANAGEMENT_PORT` is the first service's, and the others follow it.
 * @throws SettingsError, PortTakenError
 */
export function chooseAddresses(
  environment: Record<string, string | undefined>,
  services: number,
): Addresses {
  const settings = readSettings(SETTINGS, { environment, ownedPrefixes: [] });
  const { host, managementHost } = settings;
  const port = settings.port === 0 ? freePorts(1)[0]! : settings.port;
  if (!canListen(host, port)) {
    throw new PortTakenError(
      `Port ${port} on ${host} is in use, by another \`bun start\` perhaps. End that, or choose another: PORT=${port + 100} bun start`,
    );
  }
  const dashboardPort = isFree(settings.dashboardHost, settings.dashboardPort, [port])
    ? settings.dashboardPort
    : freePorts(1, [port])[0]!;
  const managementPorts: number[] = [];
  for (let service = 0; service < services; service++) {
    const wanted = settings.managementPort + service;
    const usable = settings.managementPort !== 0 && isFree(managementHost, wanted, [port, dashboardPort]);
    managementPorts.push(usable ? wanted : freePorts(1, [port, dashboardPort, ...managementPorts])[0]!);
  }
  const dashboardUrl = urlOf(settings.dashboardHost, dashboardPort);
  return { host, port, url: urlOf(host, port), dashboardPort, dashboardUrl, managementHost, managementPorts };
}

/** How this machine reaches an address that may stand for all of its addresses. */
export function urlOf(host: string, port: number): string {
  if (host === "0.0.0.0" || host === "::" || host === "127.0.0.1") return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function isFree(host: string, port: number, taken: readonly number[]): boolean {
  return port !== 0 && !taken.includes(port) && canListen(host, port);
}

function canListen(hostname: string, port: number): boolean {
  try {
    Bun.listen({ hostname, port, exclusive: true, socket: { data() {} } }).stop(true);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") return false;
    // Not ours to judge (a name that does not resolve, a port for root only): the service says it better.
    return true;
  }
}
