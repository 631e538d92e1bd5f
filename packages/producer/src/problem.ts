/**
 * Refusals as RFC 9457 problem details. One table says what kinds there are; a detail is this service's own words and
 * never what the client sent, and nothing here tells of the machine it runs on.
 */

/** Each kind's status and title. */
export const KINDS = {
  "malformed-body": { status: 400, title: "The body is not JSON" },
  "malformed-idempotency-key": { status: 400, title: "The Idempotency-Key is none" },
  "malformed-parameter": { status: 400, title: "A parameter is not valid" },
  unauthenticated: { status: 401, title: "An API key is needed" },
  "not-found": { status: 404, title: "There is nothing here" },
  "method-not-allowed": { status: 405, title: "Not with this method" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "Only JSON is taken" },
  misdirected: { status: 421, title: "Not under this name" },
  "invalid-order": { status: 422, title: "The order is not valid" },
  "idempotency-key-reused": { status: 422, title: "The Idempotency-Key belongs to another request" },
  "rate-limited": { status: 429, title: "Too many orders" },
  "internal-error": { status: 500, title: "This should not have happened" },
  unavailable: { status: 503, title: "Orders can't be taken just now" },
  "outcome-unknown": { status: 504, title: "It is not known whether it was placed" },
} as const;

export type ProblemKind = keyof typeof KINDS;

export interface ProblemOptions {
  /** Further members of the problem, beside the standard ones. */
  members?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

/** A response of `application/problem+json`. */
export function problem(
  kind: ProblemKind,
  detail: string,
  { members, headers }: ProblemOptions = {},
): Response {
  const { status, title } = KINDS[kind];
  const body = { type: `urn:campus-orders:problem:${kind}`, title, status, detail, ...members };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
