/** What `produce` takes from JavaScript, checked with the addon's words. */
import type { Bytes, Header } from "./produce-call.ts";

export function bytesOf(value: unknown): Uint8Array | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return value;
  if (!ArrayBuffer.isView(value)) throw new Error("Message must be a buffer or null");
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

export function keyOf(key: unknown): Bytes {
  if (key === null || key === undefined) return null;
  if (key instanceof Uint8Array || typeof key === "string") return key;
  return ArrayBuffer.isView(key) ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength) : String(key);
}

export function timestampOf(timestamp: unknown): number {
  if (timestamp === undefined || timestamp === null) return 0;
  if (typeof timestamp !== "number") throw new Error("Timestamp must be a number");
  return Math.trunc(timestamp);
}

const noHeaders: readonly Header[] = [];

/** Of each element its first property, as the addon reads them. */
export function headersOf(headers: unknown): readonly Header[] {
  if (!Array.isArray(headers) || headers.length === 0) return noHeaders;
  return headers.map((header: Record<string, unknown>): Header => {
    const [[name, value] = ["", undefined]] = Object.entries(header);
    if (typeof value !== "string" && !ArrayBuffer.isView(value))
      throw new Error("Header value must be a string or buffer");
    return [name, typeof value === "string" ? value : bytesOf(value)!];
  });
}
