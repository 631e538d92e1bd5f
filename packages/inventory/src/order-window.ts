/**
 * The orders a partition has shown lately, so that one that comes again (a client's retry whose first attempt did get through) is not decided
 * again. It answers from the log alone: an order is repeated if its id lies at a *smaller* offset. So after an abort, when records are read again, each
 * is still what it was the first time, and nothing here has to be taken back.
 *
 * Ids are UUIDs, kept as 128 bits in open-addressing tables of typed arrays: 48 bytes an order and nothing for the garbage collector to walk. Two
 * tables: when the younger one is full, the older is forgotten. At least the last `orders` are remembered, at most twice as many.
 */

export interface OrderWindow {
  /**
   * Whether this order lay in the partition before `offset`. If not, it is noted.
   * @param orderId a UUID; letter case makes no difference
   */
  isRepeated(orderId: string, offset: number): boolean;
  /** How many orders are remembered. */
  readonly size: number;
}

/** Remembers at least the last `orders`; with 0 nothing is ever repeated. */
export function createOrderWindow(orders: number): OrderWindow {
  if (orders === 0) return { isRepeated: () => false, size: 0 };
  let younger = new OffsetTable();
  let older = new OffsetTable();
  return {
    isRepeated(orderId, offset) {
      parseUuid(orderId);
      const hash = hashOf();
      let seen = younger.get(hash);
      if (seen < 0) seen = older.get(hash);
      if (seen >= 0) return seen < offset;
      if (younger.size === orders) [younger, older] = [new OffsetTable(), younger];
      younger.add(hash, offset);
      return false;
    },
    get size() {
      return younger.size + older.size;
    },
  };
}

const FIRST_SLOTS = 1024;
const WORDS = 4;

/** The id in hand, as four words. Four variables, and not an array: this runs for every order. */
let [a, b, c, d] = [0, 0, 0, 0];

/** From ids to offsets; linear probing, at most half full. Its methods are about the id in hand. */
class OffsetTable {
  size = 0;
  #keys = new Int32Array(FIRST_SLOTS * WORDS);
  /** -1 where a slot is free. */
  #offsets = new Float64Array(FIRST_SLOTS).fill(-1);

  /** The id's offset, or -1 where it is not in the table. */
  get(hash: number): number {
    return this.#offsets[this.#slot(hash)]!;
  }

  /** Adds the id, which is not in the table. */
  add(hash: number, offset: number): void {
    if (2 * (this.size + 1) > this.#offsets.length) this.#grow();
    this.#put(this.#slot(hash), offset);
    this.size++;
  }

  #put(slot: number, offset: number): void {
    const [keys, at] = [this.#keys, slot * WORDS];
    keys[at] = a;
    keys[at + 1] = b;
    keys[at + 2] = c;
    keys[at + 3] = d;
    this.#offsets[slot] = offset;
  }

  /** Where the id lies, or the free slot where it would. */
  #slot(hash: number): number {
    const keys = this.#keys;
    const offsets = this.#offsets;
    const mask = offsets.length - 1;
    let slot = hash & mask;
    while (offsets[slot]! >= 0) {
      const at = slot * WORDS;
      if (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const inHand = [a, b, c, d] as const;
    const [keys, offsets] = [this.#keys, this.#offsets];
    this.#keys = new Int32Array(keys.length * 2);
    this.#offsets = new Float64Array(offsets.length * 2).fill(-1);
    for (let slot = 0; slot < offsets.length; slot++) {
      const at = slot * WORDS;
      if (offsets[slot]! < 0) continue;
      a = keys[at]!;
      b = keys[at + 1]!;
      c = keys[at + 2]!;
      d = keys[at + 3]!;
      this.#put(this.#slot(hashOf()), offsets[slot]!);
    }
    [a, b, c, d] = inHand;
  }
}

/** Ids may be ordered in time or derived from one another: every bit has to count. */
function hashOf(): number {
  let mixed = a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}

/** Takes a UUID, as checked by the contract of events, in hand. */
function parseUuid(id: string): void {
  a = (hex4(id, 0) << 16) | hex4(id, 4);
  b = (hex4(id, 9) << 16) | hex4(id, 14);
  c = (hex4(id, 19) << 16) | hex4(id, 24);
  d = (hex4(id, 28) << 16) | hex4(id, 32);
}

function hex4(text: string, at: number): number {
  return (
    (nibble(text.charCodeAt(at)) << 12) |
    (nibble(text.charCodeAt(at + 1)) << 8) |
    (nibble(text.charCodeAt(at + 2)) << 4) |
    nibble(text.charCodeAt(at + 3))
  );
}

/** Of a hexadecimal digit: letters, of either case, differ from digits by bit 6. */
function nibble(code: number): number {
  return (code & 0xf) + (code >> 6) * 9;
}
