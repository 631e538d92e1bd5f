/**
 * Who is let in: looked at before anything else, a byte of the body included. The name the request came under, then
 * whose key it carries.
 */
import { type AllowedHosts, isAllowedHost } from "@campus/service";
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
  /** The last field that was let in: nearly always the next one, too, and then it is not taken apart again. */
  let allowed: string | undefined;
  return {
    refuseHost({ headers }) {
      if (hosts === undefined) return undefined;
      const field = headers.get("host");
      if (field === allowed) return undefined;
      if (field === null || !isAllowedHost(hosts, field)) return refuseHost();
      allowed = field;
      return undefined;
    },
    identify: ({ headers }) =>
      apiKeys === undefined ? ANONYMOUS : (apiKeys.identify(headers) ?? refuseWithoutKey()),
  };
}
