/** The trace that an order belongs to goes on to its decision: the headers of W3C Trace Context, as they came. */
import type { UnhandledRecord } from "@campus/events";

export type TraceHeaders = readonly (readonly [name: string, value: Uint8Array | null])[];

/** Of a record; undefined for one that belongs to no trace. */
export function traceHeadersOf({ headers }: Pick<UnhandledRecord, "headers">): TraceHeaders | undefined {
  if (headers.length === 0) return undefined;
  const trace = headers.filter(([name]) => name === "traceparent" || name === "tracestate");
  return trace.some(([name]) => name === "traceparent") ? trace : undefined;
}
