/**
 * Every order id of a log with where it stands and what was seen of it, in flat arrays: no object an order. An id is a UUID, so its 128 bits
 * are kept as they are and two ids are never taken for one.
 *
 * Memory: a slot takes 27 bytes and the table is filled to three quarters at most before it doubles, so between 36 and 72 bytes an order, and
 * for the moment of doubling half as much again.
 */

/** What was seen of an order, as bits. */
export const Seen = Object.freeze({ order: 1, decision: 2, letter: 4 });

const HEX = new Uint8Array(256).fill(255);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

const FIRST_SLOTS = 1 << 12;
const FULL_SHARE = 0.75;

export interface Place {
  readonly partition: number;
  readonly offset: number;
}

export class OrderTable {
  #ids = new Uint32Array(FIRST_SLOTS * 4);
  #offsets = new Float64Array(FIRST_SLOTS);
  #partitions = new Uint16Array(FIRST_SLOTS);
  #seen = new Uint8Array(FIRST_SLOTS);
  #size = 0;
  /** The id last read, by its four words. */
  readonly #id = new Uint32Array(4);

  /** How many ids are in it. */
  get size(): number {
    return this.#size;
  }

  /**
   * The slot of an id, made if it is new. Slots are good until the next call of this.
   * @throws RangeError for what is no UUID
   */
  slotOf(orderId: string): number {
    if (this.#size >= this.#seen.length * FULL_SHARE) this.#grow();
    readUuid(orderId, this.#id);
    const slot = this.#find(this.#id, 0);
    if (this.#seen[slot] === 0) {
      this.#ids.set(this.#id, slot * 4);
      this.#size++;
    }
    return slot;
  }

  /** The slot of an id, or -1 where it is not in the table. */
  lookUp(orderId: string): number {
    readUuid(orderId, this.#id);
    const slot = this.#find(this.#id, 0);
    return this.#seen[slot] === 0 ? -1 : slot;
  }

  /** What was seen of the order so far; 0 for a slot just made, which has to be marked before the next is asked for. */
  seen(slot: number): number {
    return this.#seen[slot]!;
  }

  mark(slot: number, seen: number): void {
    this.#seen[slot]! |= seen;
  }

  place(slot: number): Place {
    return { partition: this.#partitions[slot]!, offset: this.#offsets[slot]! };
  }

  setPlace(slot: number, partition: number, offset: number): void {
    this.#partitions[slot] = partition;
    this.#offsets[slot] = offset;
  }

  idOf(slot: number): string {
    const hex = Array.from(this.#ids.subarray(slot * 4, slot * 4 + 4), (word) =>
      word.toString(16).padStart(8, "0"),
    ).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /** Every slot in use. */
  *slots(): Generator<number, void, void> {
    for (let slot = 0; slot < this.#seen.length; slot++) if (this.#seen[slot] !== 0) yield slot;
  }

  /** Linear probing: the slot that holds the id, or the free one where it belongs. */
  #find(id: Uint32Array, at: number): number {
    const [a, b, c, d] = [id[at]!, id[at + 1]!, id[at + 2]!, id[at + 3]!];
    const last = this.#seen.length - 1;
    const ids = this.#ids;
    for (let slot = mix(a, b, c, d) & last; ; slot = (slot + 1) & last) {
      if (this.#seen[slot] === 0) return slot;
      const word = slot * 4;
      if (ids[word] === a && ids[word + 1] === b && ids[word + 2] === c && ids[word + 3] === d) return slot;
    }
  }

  #grow(): void {
    const [ids, offsets, partitions, seen] = [this.#ids, this.#offsets, this.#partitions, this.#seen];
    const slots = seen.length * 2;
    this.#ids = new Uint32Array(slots * 4);
    this.#offsets = new Float64Array(slots);
    this.#partitions = new Uint16Array(slots);
    this.#seen = new Uint8Array(slots);
    for (let old = 0; old < seen.length; old++) {
      if (seen[old] === 0) continue;
      const slot = this.#find(ids, old * 4);
      this.#ids.set(ids.subarray(old * 4, old * 4 + 4), slot * 4);
      this.setPlace(slot, partitions[old]!, offsets[old]!);
      this.#seen[slot] = seen[old]!;
    }
  }
}

/** Ids may be random, hashed or begin with the time: all four words take part. */
function mix(a: number, b: number, c: number, d: number): number {
  let hash = a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function readUuid(text: string, words: Uint32Array): void {
  let digits = 0;
  let word = 0;
  for (let i = 0; i < text.length; i++) {
    const value = HEX[text.charCodeAt(i) & 255]!;
    if (value === 255) continue;
    word = (word << 4) | value;
    if ((++digits & 7) === 0) words[(digits >>> 3) - 1] = word;
  }
  if (digits !== 32 || text.length !== 36) throw new RangeError(`"${text.slice(0, 60)}" is not a UUID`);
}
