/** Tokens for SASL OAUTHBEARER: what a token function gives, and whether that can be a token at all. */

/** A token and what has to be known of it. */
export interface AccessToken {
  /** What is sent to the brokers, mostly a JWT. */
  readonly token: string;
  /** When it expires: a date, or milliseconds since 1970. A JWT says it in seconds (`exp`): times 1000. */
  readonly expiresAt: Date | number;
  /** Whom it stands for; shown in librdkafka's log. Brokers read theirs out of the token. */
  readonly principal: string;
  /** SASL extensions (RFC 7628), such as Confluent Cloud's `logicalCluster`. Names are letters. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/**
 * Gets a token from whoever issues it. Called when the client starts and each time four fifths of a token's life are over; after a
 * failure again in ten seconds. `signal` aborts when time is up or the client is closed.
 */
export type TokenFunction = (request: { readonly signal: AbortSignal }) => Promise<AccessToken>;

/** Seconds since 1970 are below this for the next thousand years, milliseconds above. */
const earliestMilliseconds = 1e11;

/** What a JavaScript date can hold. */
const latestDate = 8.64e15;

/** RFC 7628: visible characters, spaces, tabs and line ends. */
const sendable = /^[\t\n\r\x20-\x7e]*$/;

/** When a token expires, in milliseconds since 1970. */
export function expiryOf({ expiresAt }: AccessToken): number {
  return Math.floor(Number(expiresAt));
}

/** What is wrong with a token, or null. Never quotes it. */
export function faultOf(token: AccessToken, now = Date.now()): string | null {
  if (typeof token !== "object" || token === null)
    return "it gave no object with token, expiresAt and principal";
  if (typeof token.token !== "string" || token.token === "")
    return "its token is not a string with something in it";
  if (!sendable.test(token.token))
    return "its token has characters that can't be sent (RFC 7628 allows visible ASCII)";
  if (typeof token.principal !== "string" || token.principal === "")
    return "its principal is not a string with something in it";
  if (token.principal.includes("\0")) return "its principal has a NUL character";
  return expiryFault(token, now) ?? extensionsFault(token.extensions ?? {});
}

function expiryFault(token: AccessToken, now: number): string | null {
  const isDate = token.expiresAt instanceof Date;
  const expiry = isDate || typeof token.expiresAt === "number" ? expiryOf(token) : Number.NaN;
  if (!(Math.abs(expiry) <= latestDate)) return "its expiresAt is neither a date nor milliseconds since 1970";
  if (expiry > now) return null;
  if (!isDate && expiry > 0 && expiry < earliestMilliseconds)
    return `its expiresAt, ${expiry}, seems to be in seconds, and must be in milliseconds`;
  return `its token expired at ${new Date(expiry).toISOString()}, it is ${new Date(now).toISOString()} here`;
}

function extensionsFault(extensions: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(extensions)) {
    if (!/^[A-Za-z]+$/.test(name) || name === "auth")
      return `its extension ${JSON.stringify(name)} must be named by letters, and not "auth"`;
    if (typeof value !== "string" || !sendable.test(value))
      return `its extension ${name} must be a string of visible ASCII`;
  }
  return null;
}
