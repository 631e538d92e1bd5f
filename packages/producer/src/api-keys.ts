/**
 * Who may place orders: names and their keys, from a file with one key a line.
 *
 *     # name    key, or the SHA-256 of it
 *     canteen   4f1c2a8d9b7e6053a1c4
 *     kiosk     sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
 *
 * A name may have several lines: that is how a key is changed, the new one added first, the old one taken out later. Only
 * digests are kept, and a key is compared with each of them in the same time, whichever it is and whether it fits.
 */
import { timingSafeEqual } from "node:crypto";

/** Shortest key, in characters. */
export const API_KEY_MIN_CHARACTERS = 16;
/** Most lines with a key: each is compared with at every request. */
export const API_KEYS_MAX = 1000;

interface ApiKey {
  readonly name: string;
  readonly digest: Uint8Array;
}

export interface ApiKeys {
  /** The name whose key a request carries, in `Authorization: Bearer` or `X-API-Key`. */
  identify(headers: Headers): string | undefined;
  /** Reads the file again. What was in force stays so when that throws. */
  reload(): Promise<number>;
}

/** What is wrong with the file, by line; it never quotes one. */
export class ApiKeysError extends Error {
  override readonly name = "ApiKeysError";
}

/** Reads the keys for the first time. @throws ApiKeysError, or what reading throws */
export async function loadApiKeys(read: () => Promise<string>): Promise<ApiKeys> {
  let keys = parseApiKeys(await read());
  return {
    identify(headers) {
      const given = presentedKey(headers);
      if (given === undefined) return undefined;
      const digest = sha256(given);
      let name: string | undefined;
      for (const key of keys) if (timingSafeEqual(key.digest, digest)) name = key.name;
      return name;
    },
    async reload() {
      keys = parseApiKeys(await read());
      return keys.length;
    },
  };
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const DIGEST = /^sha256:([0-9a-f]{64})$/;
/** What may stand in a header as it is. */
const KEY = /^[\x21-\x7e]+$/;

function parseApiKeys(text: string): ApiKey[] {
  const keys = text.split(/\r?\n/).flatMap((line, index): ApiKey[] => {
    const [name, key, ...rest] = line.trim().split(/\s+/);
    if (name === undefined || name === "" || name.startsWith("#")) return [];
    const at = `line ${index + 1}`;
    if (!NAME.test(name)) {
      throw new ApiKeysError(
        `${at}: a name has 1 to 64 letters, digits, or . _ -, and begins with one of the former`,
      );
    }
    if (key === undefined || rest.length > 0) throw new ApiKeysError(`${at}: expected a name and a key`);
    const [, digest] = DIGEST.exec(key) ?? [];
    if (digest !== undefined) return [{ name, digest: Buffer.from(digest, "hex") }];
    if (key.startsWith("sha256:"))
      throw new ApiKeysError(`${at}: sha256: takes 64 hexadecimal digits in lower case`);
    if (!KEY.test(key)) throw new ApiKeysError(`${at}: a key is made of printable ASCII`);
    if (key.length < API_KEY_MIN_CHARACTERS) {
      throw new ApiKeysError(`${at}: a key has at least ${API_KEY_MIN_CHARACTERS} characters`);
    }
    return [{ name, digest: sha256(key) }];
  });
  if (keys.length === 0) throw new ApiKeysError("there is no key in it");
  if (keys.length > API_KEYS_MAX) throw new ApiKeysError(`it has more than ${API_KEYS_MAX} keys`);
  return keys;
}

function presentedKey(headers: Headers): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization === null) return headers.get("x-api-key") ?? undefined;
  return /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
}

function sha256(text: string): Uint8Array {
  return Bun.SHA256.hash(text) as Uint8Array;
}
