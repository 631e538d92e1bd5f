/**
 * The orders a partition has shown lately, so that one that comes again (a client's retry whose first attempt did get through) is not decided
 * again. It answers from the log alone: an order is repeated if its id lies at a *smaller* offset. So after an abort, when records are read again, each
 * is still what it was the first time, and nothing here has to be taken back.
 *
 * Ids are UUIDs, kept as 128 bits in typed arrays: at most 64 bytes an order and nothing for the garbage collector to walk. They lie in the order they
 * came in; a small table of their places, which the processor's caches hold far more of than of the ids, says where. Two such lists:
 * when the younger one is full, the older is forgotten. At least the last `orders` are remembered, at most twice as many.
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
  let younger = new OffsetTable(orders);
  let older = new OffsetTable(orders);
  return {
    isRepeated(orderId, offset) {
      parseUuid(orderId);
      const hash = hashOf();
      let seen = younger.get(hash);
      if (seen < 0) seen = older.get(hash);
      if (seen >= 0) return seen < offset;
      if (younger.size === orders) [younger, older] = [new OffsetTable(orders), younger];
      younger.add(hash, offset);
      return false;
    },
    get size() {
      return younger.size + older.size;
    },
  };
}

const FIRST_ORDERS = 512;
const WORDS = 4;

/** The id in hand, as four words. Four variables, and not an array: this runs for every order. */
let [a, b, c, d] = [0, 0, 0, 0];

/** From ids to offsets. Its methods are about the id in hand. */
class OffsetTable {
  size = 0;
  /** By place, from 0. */
  #ids = new Int32Array(FIRST_ORDERS * WORDS);
  #offsets = new Float64Array(FIRST_ORDERS);
  /**
   * Places by hash; linear probing, at most half full. A slot is an id's place from 1 in as many of its lower bits as places need, and above them what of its
   * hash fits, so that an id seldom has to be looked at that is not the one; 0 is free.
   */
  #slots = new Int32Array(2 * FIRST_ORDERS);
  readonly #placeBits: number;

  /** @param orders the most it will hold */
  constructor(orders: number) {
    this.#placeBits = 32 - Math.clz32(orders);
  }

  /** The id's offset, or -1 where it is not in the table. */
  get(hash: number): number {
    const slots = this.#slots;
    const ids = this.#ids;
    const bits = this.#placeBits;
    const mask = slots.length - 1;
    const places = (1 << bits) - 1;
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if ((slot ^ hash) >>> bits !== 0) continue;
      const place = (slot & places) - 1;
      const id = place * WORDS;
      if (ids[id] === a && ids[id + 1] === b && ids[id + 2] === c && ids[id + 3] === d)
        return this.#offsets[place]!;
    }
    return -1;
  }

  /** Adds the id, which is not in the table. */
  add(hash: number, offset: number): void {
    if (this.size === this.#offsets.length) this.#grow();
    const place = this.size++;
    const ids = this.#ids;
    const id = place * WORDS;
    ids[id] = a;
    ids[id + 1] = b;
    ids[id + 2] = c;
    ids[id + 3] = d;
    this.#offsets[place] = offset;
    this.#enter(hash, place);
  }

  #enter(hash: number, place: number): void {
    const slots = this.#slots;
    const bits = this.#placeBits;
    const mask = slots.length - 1;
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = ((hash >>> bits) << bits) | (place + 1);
  }

  #grow(): void {
    const inHand = [a, b, c, d] as const;
    const [ids, offsets] = [this.#ids, this.#offsets];
    this.#ids = new Int32Array(ids.length * 2);
    this.#ids.set(ids);
    this.#offsets = new Float64Array(offsets.length * 2);
    this.#offsets.set(offsets);
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let place = 0; place < this.size; place++) {
      const id = place * WORDS;
      a = ids[id]!;
      b = ids[id + 1]!;
      c = ids[id + 2]!;
      d = ids[id + 3]!;
      this.#enter(hashOf(), place);
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
