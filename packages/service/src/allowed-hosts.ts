/**
 * Under which names the service may be asked. A page in a browser can give its own name the address 127.0.0.1 (DNS
 * rebinding) and then talk to whatever listens there; but the name stands in the Host header.
 */
import type { Setting } from "./setting.ts";

/** The names a Host header may have, or undefined: any. */
export type AllowedHosts = ReadonlySet<string> | undefined;

const NAME = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)$/;

/** A setting: names separated by commas, without ports, or `*`; without it what `allowedHosts` says. */
export function hostNames(
  name: string,
  { description }: { description: string },
): Setting<readonly string[] | undefined> {
  return {
    name,
    description,
    expected: "names or addresses separated by commas, without ports, or *",
    defaultText:
      "the names of loopback and the address itself when listening on loopback only, otherwise any",
    fallback: undefined,
    isSecret: false,
    parse(text) {
      const names = text.split(",").map((name) => name.trim().toLowerCase());
      return names.every((name) => name === "*" || NAME.test(name)) ? names : undefined;
    },
  };
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** What the setting comes to for a service that listens on `host`. */
export function allowedHosts(setting: readonly string[] | undefined, host: string): AllowedHosts {
  if (setting !== undefined) return setting.includes("*") ? undefined : new Set(setting);
  return isLoopback(host)
    ? new Set(["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host.toLowerCase()])
    : undefined;
}

/** Whether a request came under one of these names; the port does not matter. */
export function isAllowedHost(hosts: AllowedHosts, field: string | null): boolean {
  if (hosts === undefined) return true;
  return field !== null && hosts.has(field.replace(/:\d{0,5}$/, "").toLowerCase());
}
