/** What the inventory decided about an order: as an event, and as JSON that writes itself into a record. */
import { encodeJson } from "./json.ts";
import type { InventoryEvent } from "./types.ts";

/**
 * The event that says a decision.
 * @param success whether the order's stock is reserved
 * @param timestamp the moment of the decision, ISO 8601
 * @param event_id the event's own id, a UUID
 */
export function decisionOf(
  order_id: string,
  success: boolean,
  timestamp: string,
  event_id: string,
): InventoryEvent {
  return success
    ? { event_id, event_type: "InventoryReserved", order_id, timestamp, success }
    : { event_id, event_type: "InventoryFailed", order_id, timestamp, success };
}

/** The JSON of a decision, in which both ids are still to be filled in. */
interface Template {
  readonly bytes: Buffer;
  readonly eventIdAt: number;
  readonly orderIdAt: number;
}

const ID_LENGTH = 36;
const NO_ID = "00000000-0000-0000-0000-000000000000";

function templateOf(success: boolean, timestamp: string): Template {
  const text = encodeJson(decisionOf(NO_ID, success, timestamp, NO_ID));
  return { bytes: Buffer.from(text), eventIdAt: text.indexOf(NO_ID), orderIdAt: text.lastIndexOf(NO_ID) };
}

/**
 * The JSON of one decision, as `encodeEvent` writes it, that writes itself where it is wanted: all that is the same in many is copied, and nothing becomes
 * a text or a buffer first. Its event has an id of its own, the same however often it is written.
 */
export class EncodedDecision {
  // `private` and not `#`: one is made for every order, and defining private names took a twentieth of all that an order costs.
  /** Its length. */
  readonly maxBytes: number;
  // A random UUID (RFC 9562, version 4) as four words.
  private readonly a = randomWord();
  private readonly b = (randomWord() & 0xffff0fff) | 0x00004000;
  private readonly c = (randomWord() & 0x3fffffff) | 0x80000000;
  private readonly d = randomWord();

  /** @internal */
  constructor(
    private readonly template: Template,
    private readonly orderId: string,
  ) {
    this.maxBytes = template.bytes.length;
  }

  /** Writes it at an offset, and returns its length. */
  writeTo(target: Buffer, offset: number): number {
    const { bytes, eventIdAt, orderIdAt } = this.template;
    target.set(bytes, offset);
    const eventId = offset + eventIdAt;
    writeHex(target, eventId, this.a >>> 16);
    writeHex(target, eventId + 4, this.a);
    writeHex(target, eventId + 9, this.b >>> 16);
    writeHex(target, eventId + 14, this.b);
    writeHex(target, eventId + 19, this.c >>> 16);
    writeHex(target, eventId + 24, this.c);
    writeHex(target, eventId + 28, this.d >>> 16);
    writeHex(target, eventId + 32, this.d);
    const orderId = this.orderId;
    for (let i = 0; i < ID_LENGTH; i++) target[offset + orderIdAt + i] = orderId.charCodeAt(i);
    return bytes.length;
  }
}

/** Encodes decisions, most of them made at the same moment. */
export class DecisionEncoder {
  #timestamp = "";
  #reserved = templateOf(true, "");
  #failed = templateOf(false, "");

  /**
   * @param orderId a UUID
   * @param success whether the order's stock is reserved
   * @param timestamp the moment of the decision, ISO 8601
   */
  encode(orderId: string, success: boolean, timestamp: string): EncodedDecision {
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#reserved = templateOf(true, timestamp);
      this.#failed = templateOf(false, timestamp);
    }
    return new EncodedDecision(success ? this.#reserved : this.#failed, orderId);
  }
}

/** Drawn many at a time: asking for randomness is what takes time. */
const random = new Int32Array(4096);
let unused = 0;

function randomWord(): number {
  if (unused === 0) {
    crypto.getRandomValues(random);
    unused = random.length;
  }
  return random[--unused]!;
}

const digits = Buffer.from("0123456789abcdef");

/** The lower 16 bits as four digits. */
function writeHex(target: Buffer, at: number, word: number): void {
  target[at] = digits[(word >> 12) & 0xf]!;
  target[at + 1] = digits[(word >> 8) & 0xf]!;
  target[at + 2] = digits[(word >> 4) & 0xf]!;
  target[at + 3] = digits[word & 0xf]!;
}
