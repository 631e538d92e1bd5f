/** UUIDs of version 4 (RFC 9562) written straight into bytes, for writers to whom a text for each would be dear. */

/** Bytes a UUID takes in its usual form. */
export const UUID_BYTES = 36;

/** Gives 32 random bits that nobody can foretell. */
export type RandomWord = () => number;

/** Drawn many at a time: asking for randomness is what takes time. */
export function createRandomWords(
  fill: (words: Int32Array<ArrayBuffer>) => unknown = crypto.getRandomValues.bind(crypto),
): RandomWord {
  const words = new Int32Array(4096);
  let unused = 0;
  return () => {
    if (unused === 0) {
      fill(words);
      unused = words.length;
    }
    return words[--unused] as number;
  };
}

export const randomWord = createRandomWords();

/** A random word as the second of a UUID's four: with its version. */
export function withVersion(word: number): number {
  return (word & 0xffff0fff) | 0x00004000;
}

/** A random word as the third of a UUID's four: with its variant. */
export function withVariant(word: number): number {
  return (word & 0x3fffffff) | 0x80000000;
}

/** Writes the UUID of four words at an offset. */
export function writeUuid(target: Uint8Array, at: number, a: number, b: number, c: number, d: number): void {
  writeHex(target, at, a >>> 16);
  writeHex(target, at + 4, a);
  target[at + 8] = HYPHEN;
  writeHex(target, at + 9, b >>> 16);
  target[at + 13] = HYPHEN;
  writeHex(target, at + 14, b);
  target[at + 18] = HYPHEN;
  writeHex(target, at + 19, c >>> 16);
  target[at + 23] = HYPHEN;
  writeHex(target, at + 24, c);
  writeHex(target, at + 28, d >>> 16);
  writeHex(target, at + 32, d);
}

/** Writes a new UUID at an offset. */
export function writeNewUuid(target: Uint8Array, at: number, word: RandomWord = randomWord): void {
  writeUuid(target, at, word(), withVersion(word()), withVariant(word()), word());
}

const HYPHEN = "-".charCodeAt(0);
const digits = Buffer.from("0123456789abcdef");

/** The lower 16 bits as four digits. */
function writeHex(target: Uint8Array, at: number, word: number): void {
  target[at] = digits[(word >> 12) & 0xf]!;
  target[at + 1] = digits[(word >> 8) & 0xf]!;
  target[at + 2] = digits[(word >> 4) & 0xf]!;
  target[at + 3] = digits[word & 0xf]!;
}
