/** What the inventory decided about an order: as an event, and as JSON that writes itself into a record. */
import { encodeJson } from "./json.ts";
import type { InventoryEvent } from "./types.ts";
import { randomWord, UUID_BYTES, withVariant, withVersion, writeUuid } from "./uuid-bytes.ts";

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
  // A random UUID as four words.
  private readonly a = randomWord();
  private readonly b = withVersion(randomWord());
  private readonly c = withVariant(randomWord());
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
    writeUuid(target, offset + eventIdAt, this.a, this.b, this.c, this.d);
    const orderId = this.orderId;
    for (let i = 0; i < UUID_BYTES; i++) target[offset + orderIdAt + i] = orderId.charCodeAt(i);
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
