/**
 * A request's body: its bytes, and the JSON they are, or the refusal it earns. Read here and not by the framework, which takes
 * form bodies, too, replaces bytes that are no UTF-8, and has one limit for all routes.
 */
import { problem } from "./problem.ts";

/** Refuses what is no UTF-8; keeps a byte order mark, which JSON then refuses. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Only this, and of its parameters only the one that changes nothing. */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset=(?:utf-8|"utf-8")\s*)?;?\s*$/i;

/** A body that is JSON: the value in it, and how many texts it is written with, names of fields included. */
export interface JsonBody {
  readonly value: unknown;
  readonly texts: number;
}

/** Memory for bodies that are being read, shared by all requests: slow clients can't take more of it together. */
export interface BodyMemory {
  freeBytes: number;
}

/** The bytes of a body that calls itself JSON, or the refusal it earns. */
export async function readBody(
  request: Request,
  limitBytes: number,
  memory: BodyMemory,
): Promise<Uint8Array | Response> {
  const refusal = refuseByHeaders(request.headers, limitBytes);
  if (refusal !== undefined) return refusal;
  const length = request.headers.get("content-length");
  const most = length === null ? limitBytes : Number(length);
  if (most > memory.freeBytes) return noMemory();
  memory.freeBytes -= most;
  let bytes: Uint8Array | undefined;
  try {
    bytes = length === null ? await readUpTo(request.body, limitBytes) : await request.bytes();
  } catch {
    return problem("malformed-body", "The body ended before it was complete.");
  } finally {
    memory.freeBytes += most;
  }
  if (bytes === undefined || bytes.length > limitBytes) return tooLarge(limitBytes);
  return bytes.length === 0 ? empty() : bytes;
}

/** The JSON in the bytes of a body, or the refusal it earns. */
export function parseBody(bytes: Uint8Array): JsonBody | Response {
  try {
    return { value: JSON.parse(utf8.decode(bytes)), texts: countTexts(bytes) };
  } catch (error) {
    // The decoder throws a TypeError, the parser a SyntaxError (or a RangeError when it is nested too deep).
    return error instanceof TypeError
      ? problem("malformed-body", "The body is not valid UTF-8.")
      : problem("malformed-body", "The body is not valid JSON.");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The texts in bytes that are JSON. Of two fields with one name `JSON.parse` keeps the later and says nothing; then there
 * are more texts here than the value has.
 */
function countTexts(bytes: Uint8Array): number {
  let quotes = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) quotes += 1;
    // What follows stands for itself; in JSON a backslash only comes inside of a text.
    else if (bytes[at] === BACKSLASH) at += 1;
  }
  return quotes / 2;
}

/** What can be refused before a byte of the body is read: then it is never held in memory. */
function refuseByHeaders(headers: Headers, limitBytes: number): Response | undefined {
  const length = headers.get("content-length");
  const type = headers.get("content-type");
  if (type === null) {
    const hasBody = headers.has("transfer-encoding") || (length !== null && length !== "0");
    return hasBody ? wrongType("The body has no Content-Type.") : empty();
  }
  if (type !== "application/json" && !JSON_TYPE.test(type))
    return wrongType("The body has another Content-Type.");
  if (headers.has("content-encoding") && headers.get("content-encoding") !== "identity") {
    return wrongType("The body has a Content-Encoding.");
  }
  return length !== null && Number(length) > limitBytes ? tooLarge(limitBytes) : undefined;
}

/** A body of unknown length, or undefined as soon as it is longer than the limit; the rest is not waited for. */
async function readUpTo(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function empty(): Response {
  return problem("malformed-body", "The body is empty.");
}

function noMemory(): Response {
  return problem("unavailable", "Too many requests are being read already. Nothing was published.", {
    headers: { "retry-after": "1", connection: "close" },
  });
}

function wrongType(fault: string): Response {
  return problem("unsupported-media-type", `${fault} Send application/json in UTF-8, not compressed.`, {
    headers: { accept: "application/json" },
  });
}

function tooLarge(limitBytes: number): Response {
  return problem("body-too-large", `A body here may have ${limitBytes} bytes at most.`, {
    members: { limit_bytes: limitBytes },
    // The rest of the body is not read, so the connection can't be used again.
    headers: { connection: "close" },
  });
}
