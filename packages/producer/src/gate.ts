/**
 * Who is let in: looked at before anything else, a byte of the body included. The name the request came under, then
 * whose key it carries.
 */
import { type AllowedHosts, isAllowedHost } from "./allowed-hosts.ts";
import { refuseHost, refuseWithoutKey } from "./answers.ts";
import type { ApiKeys } from "./api-keys.ts";

/** Nobody in particular: where no keys are asked for. */
export const ANONYMOUS = "";

export interface GateOptions {
  hosts: AllowedHosts;
  /** Without them everybody is let in, as `ANONYMOUS`. */
  apiKeys: ApiKeys | undefined;
}

export interface Gate {
  /** The refusal of a request that came under another name. */
  refuseHost(request: Request): Response | undefined;
  /** Whose request it is, or its refusal. */
  identify(request: Request): string | Response;
}

export function createGate({ hosts, apiKeys }: GateOptions): Gate {
  return {
    refuseHost: ({ headers }) =>
      hosts === undefined || isAllowedHost(hosts, headers.get("host")) ? undefined : refuseHost(),
    identify: ({ headers }) =>
      apiKeys === undefined ? ANONYMOUS : (apiKeys.identify(headers) ?? refuseWithoutKey()),
  };
}
