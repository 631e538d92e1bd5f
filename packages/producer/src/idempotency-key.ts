/**
 * The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), read. The draft wants a string in quotes, a
 * structured field's; most clients send the bare characters. Both are taken and mean the same key.
 */

/** Longest key, in characters. */
export const KEY_MAX_CHARACTERS = 255;

const BARE = /^[A-Za-z0-9._~:+/=-]+$/;
/** A structured field's string (RFC 9651): printable ASCII, with a backslash before `"` and `\`. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;

/**
 * The key of a request, undefined without one, or null when the header holds no key. Two headers of this name come
 * joined by a comma, which is no key either.
 */
export function readIdempotencyKey(headers: Headers): string | undefined | null {
  const field = headers.get("idempotency-key");
  if (field === null) return undefined;
  const key = BARE.test(field) ? field : QUOTED.exec(field)?.[1]?.replaceAll(/\\(.)/g, "$1");
  return key === undefined || key.length > KEY_MAX_CHARACTERS ? null : key;
}
