/**
 * Between an event and its bytes. Which codec wrote a record is told by its first byte, so both may lie in one topic
 * and a change from one to the other needs no pause. Reading checks everything: what `decodeEvent` returns has the
 * type it says, whoever wrote the record.
 */
import type { TObject } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { encodeJson, JSON_FIRST_BYTE, parseJson } from "./json.ts";
import { MalformedEventError } from "./malformed-event.ts";
import { encodeMessagePack, isMessagePack, parseMessagePack } from "./message-pack.ts";
import { type Event, InventoryFailed, InventoryReserved, OrderPlaced } from "./types.ts";

/** How an event is written; reading needs no choice. */
export type Codec = "json" | "msgpack";
export const CODECS: readonly Codec[] = Object.freeze(["json", "msgpack"]);

// One check a type, chosen by event_type: quicker than the union's, and its fault is about the type that was meant.
const checks: Readonly<Record<Event["event_type"], TypeCheck<TObject>>> = {
  OrderPlaced: TypeCompiler.Compile(OrderPlaced),
  InventoryReserved: TypeCompiler.Compile(InventoryReserved),
  InventoryFailed: TypeCompiler.Compile(InventoryFailed),
};

/** The value of a record: text for JSON (UTF-8 on the wire), bytes for MessagePack. The event is taken as valid. */
export function encodeEvent(event: Event, codec: Codec = "json"): string | Uint8Array {
  return codec === "json" ? encodeJson(event) : encodeMessagePack(event);
}

/**
 * The event in a record's value, checked in full.
 * @throws {MalformedEventError} and nothing else, with the reason, when the bytes are no event of this system.
 */
export function decodeEvent(bytes: Uint8Array | null): Event {
  const firstByte = bytes?.[0];
  if (bytes === null || firstByte === undefined) throw new MalformedEventError("it has no value");
  if (firstByte === JSON_FIRST_BYTE) return checked(parseJson(bytes));
  if (!isMessagePack(firstByte)) {
    throw new MalformedEventError(
      `it begins with the byte 0x${firstByte.toString(16).padStart(2, "0")}, neither JSON nor MessagePack`,
    );
  }
  const event = checked(parseMessagePack(bytes));
  if (hasReplacedText(event, bytes)) throw new MalformedEventError("a text in it is not valid UTF-8");
  return event;
}

function checked(value: unknown): Event {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MalformedEventError("it is not an object");
  }
  const type = "event_type" in value ? value.event_type : undefined;
  if (typeof type !== "string" || !Object.hasOwn(checks, type)) {
    throw new MalformedEventError(`/event_type is none of ${Object.keys(checks).join(", ")}`);
  }
  const check = checks[type as Event["event_type"]];
  if (check.Check(value)) return value as Event;
  const fault = check.Errors(value).First();
  throw new MalformedEventError(
    fault === undefined ? `it is no ${type}` : `${fault.path || "/"} of ${type}: ${describe(fault)}`,
  );
}

/** TypeBox words a pattern's fault with the pattern itself; its description says more in a log. */
function describe(fault: { message: string; schema: { pattern?: string; description?: string } }): string {
  return fault.schema.pattern === undefined ? fault.message : `not a valid ${fault.schema.description}`;
}

/**
 * Whether msgpackr put U+FFFD where the bytes were no UTF-8, which it does in silence. A text that really holds that
 * character is in the bytes as it stands.
 */
function hasReplacedText(event: Event, bytes: Uint8Array): boolean {
  if (event.event_type !== "OrderPlaced") return false;
  const { user_id, item } = event.payload;
  return [user_id, item].some((text) => text.includes("\ufffd") && Buffer.from(bytes).indexOf(text) === -1);
}
