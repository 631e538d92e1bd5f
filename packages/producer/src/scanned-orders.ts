/**
 * The quick way to read orders: the bytes are looked through once, and of each order is kept where its fields stand. No text, number or object
 * is made of them; the event of an order copies them as they are (written-orders.ts). It knows orders and nothing else of JSON: fields in any order, white space
 * anywhere, escapes in values but not in names. Whatever it does not know is no fault yet: it gives undefined, and the body is read the long way
 * (request-body.ts, validation.ts), which takes all that is JSON and names what is wrong. What this one takes, that one takes as the same orders, which a
 * property test holds.
 */
import { isUtf8 } from "node:buffer";
import { BATCH_MAX_ORDERS, ITEM_MAX_CHARACTERS, QUANTITY_MAX, USER_ID_MAX_CHARACTERS } from "@campus/events";

/** Valid orders, in the JSON they came in. */
export interface ScannedOrders {
  readonly json: Uint8Array;
  readonly count: number;
  /** `MARKS` numbers an order: where its user id, item and quantity begin and end. Texts without their quotes. */
  readonly marks: Int32Array;
}

/** Numbers an order takes in `marks`, and a field's first among them. */
export const MARKS = 6;
export const USER_ID_MARK = 0;
export const ITEM_MARK = 2;
export const QUANTITY_MARK = 4;
/** The shortest order. */
const ORDER_MIN_BYTES = '{"user_id":"u","item":"i","quantity":1}'.length;
/** Of an order that has each field once. */
const ALL_FIELDS = (1 << USER_ID_MARK) | (1 << ITEM_MARK) | (1 << QUANTITY_MARK);

const byteOf = (character: string) => character.charCodeAt(0);
const QUOTE = byteOf('"');
const BACKSLASH = byteOf("\\");
const COLON = byteOf(":");
const COMMA = byteOf(",");
const BRACE = byteOf("{");
const BRACE_END = byteOf("}");
const BRACKET = byteOf("[");
const BRACKET_END = byteOf("]");
const ZERO = byteOf("0");
const TAB = byteOf("\t");
const LINE_FEED = byteOf("\n");
const RETURN = byteOf("\r");
const SPACE = byteOf(" ");

const ORDERS: Uint8Array = Buffer.from('orders"');
const USER_ID: Uint8Array = Buffer.from('user_id"');
const ITEM: Uint8Array = Buffer.from('item"');
const QUANTITY: Uint8Array = Buffer.from('quantity"');

/** By byte: 1 where it stands for itself inside of a text. */
const PLAIN = new Uint8Array(256).fill(1, SPACE);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** The orders in the body of a batch, or undefined when it has to be read the long way. */
export function scanBatch(json: Uint8Array): ScannedOrders | undefined {
  const scan = new Scan(json, Math.min(BATCH_MAX_ORDERS, Math.floor(json.length / ORDER_MIN_BYTES)));
  return scan.takeBatch() ? scan.orders() : undefined;
}

/** The one order that is all of a body, or undefined when it has to be read the long way. */
export function scanOrder(json: Uint8Array): ScannedOrders | undefined {
  const scan = new Scan(json, 1);
  return scan.takeSingle() ? scan.orders() : undefined;
}

/** A place in the bytes. What is taken is what comes next, if it is that. */
class Scan {
  readonly #marks: Int32Array;
  #count = 0;
  #isBeyondAscii = false;
  #at = 0;

  /** @param most orders there can be */
  constructor(
    private readonly json: Uint8Array,
    most: number,
  ) {
    this.#marks = new Int32Array(most * MARKS);
  }

  /** What was taken, unless it is no UTF-8: only then are the bytes between the quotes the text that was meant. */
  orders(): ScannedOrders | undefined {
    const { json } = this;
    if (this.#isBeyondAscii && !isUtf8(json)) return undefined;
    return { json, count: this.#count, marks: this.#marks };
  }

  takeSingle(): boolean {
    return this.#takeOrder() && this.#isAtEnd();
  }

  takeBatch(): boolean {
    if (!this.#take(BRACE) || !this.#take(QUOTE) || !this.#takeName(ORDERS)) return false;
    if (!this.#take(COLON) || !this.#take(BRACKET)) return false;
    do {
      if (this.#count * MARKS === this.#marks.length || !this.#takeOrder()) return false;
    } while (this.#take(COMMA));
    return this.#take(BRACKET_END) && this.#take(BRACE_END) && this.#isAtEnd();
  }

  #takeOrder(): boolean {
    const order = this.#count * MARKS;
    if (!this.#take(BRACE)) return false;
    let known = 0;
    do {
      if (!this.#take(QUOTE)) return false;
      const field = this.#takeField();
      if (field === -1 || (known & (1 << field)) !== 0) return false;
      known |= 1 << field;
      if (!this.#take(COLON)) return false;
      this.#skipSpace();
      if (!(field === QUANTITY_MARK ? this.#takeQuantity(order) : this.#takeText(order + field, field)))
        return false;
    } while (this.#take(COMMA));
    this.#count += 1;
    return known === ALL_FIELDS && this.#take(BRACE_END);
  }

  /** Which field of an order this is the name of, or -1. */
  #takeField(): number {
    if (this.#takeName(USER_ID)) return USER_ID_MARK;
    if (this.#takeName(ITEM)) return ITEM_MARK;
    return this.#takeName(QUANTITY) ? QUANTITY_MARK : -1;
  }

  /** A text that may have as many bytes as characters, marked at `mark`. */
  #takeText(mark: number, field: number): boolean {
    const { json } = this;
    if (json[this.#at] !== QUOTE) return false;
    const from = this.#at + 1;
    let at = from;
    let bits = 0;
    // A byte past the end is no byte, and not plain.
    for (; PLAIN[json[at] as number] === 1; at++) bits |= json[at] as number;
    if (bits > 0x7f) this.#isBeyondAscii = true;
    if (json[at] === BACKSLASH) {
      at = this.#endOfEscaped(from);
      if (at === -1) return false;
    }
    const bytes = at - from;
    if (json[at] !== QUOTE || bytes === 0) return false;
    if (bytes > (field === USER_ID_MARK ? USER_ID_MAX_CHARACTERS : ITEM_MAX_CHARACTERS)) return false;
    this.#marks[mark] = from;
    this.#marks[mark + 1] = at;
    this.#at = at + 1;
    return true;
  }

  /** The end of a text with escapes that may stand in an order, or -1. They go into the event as they are: it is JSON, too. */
  #endOfEscaped(from: number): number {
    const { json } = this;
    let at = from;
    for (; json[at] !== QUOTE; at += json[at] === BACKSLASH ? 2 : 1) {
      if (at - from > ITEM_MAX_CHARACTERS) return -1;
      if ((json[at] as number) > 0x7f) this.#isBeyondAscii = true;
    }
    try {
      const text: string = JSON.parse(Buffer.from(json.subarray(from - 1, at + 1)).toString());
      return text.isWellFormed() && !text.includes("\0") ? at : -1;
    } catch {
      // No text: the long way says so.
      return -1;
    }
  }

  /** Digits alone: what follows them is for the next one to refuse. */
  #takeQuantity(order: number): boolean {
    const { json } = this;
    const from = this.#at;
    let at = from;
    let quantity = 0;
    for (let digit = digitAt(json, at); digit >= 0 && digit <= 9; digit = digitAt(json, ++at)) {
      quantity = quantity * 10 + digit;
      if (quantity > QUANTITY_MAX) return false;
    }
    // JSON knows no leading zeros, and no order of none.
    if (at === from || json[from] === ZERO) return false;
    this.#marks[order + QUANTITY_MARK] = from;
    this.#marks[order + QUANTITY_MARK + 1] = at;
    this.#at = at;
    return true;
  }

  /** White space and this byte. */
  #take(byte: number): boolean {
    this.#skipSpace();
    if (this.json[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  /** A name with the quote after it. */
  #takeName(name: Uint8Array): boolean {
    const { json } = this;
    const at = this.#at;
    for (let index = 0; index < name.length; index++) if (json[at + index] !== name[index]) return false;
    this.#at = at + name.length;
    return true;
  }

  #isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.json.length;
  }

  #skipSpace(): void {
    const { json } = this;
    let at = this.#at;
    for (let byte = json[at]; isSpace(byte); byte = json[++at]);
    this.#at = at;
  }
}

function digitAt(json: Uint8Array, at: number): number {
  return (json[at] as number) - ZERO;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
}
