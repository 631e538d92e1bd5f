/**
 * Traces that go through: a client's W3C trace context is taken over into the headers of its records. Where an
 * OpenTelemetry SDK is registered (by the module `OTEL_SDK_MODULE` names) this service adds spans of its own, one for
 * the request and one for sending, and the record carries on the latter. Without an SDK nothing is measured and a
 * request without a trace costs one look at a header.
 */
import {
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";

/** Headers of a record. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** One request's part of a trace. */
export interface RequestTrace {
  /** Begins sending so many orders; what it gives goes into the headers of their records. */
  beginSend(orders: number): TraceHeaders | undefined;
  /** Sending is over, with or without success. */
  endSend(isPublished: boolean): void;
  /** The request was answered. */
  end(status: number): void;
}

export interface Tracing {
  /** Undefined for a request that belongs to no trace. */
  begin(request: Request, path: string): RequestTrace | undefined;
}

export interface TracingOptions {
  /** The topic that is sent to. */
  topic: string;
  /** Makes spans; without it traces only go through. */
  tracer: Tracer | undefined;
}

/** The registered SDK's tracer, or undefined when there is none. */
export function registeredTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  const isRegistered =
    provider instanceof ProxyTracerProvider && provider.getDelegateTracer("campus-producer");
  return isRegistered ? trace.getTracer("campus-producer") : undefined;
}

interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string | null;
}

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.{0,64})?$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The context of a request by W3C Trace Context, or undefined when it has none that is valid. */
export function readTraceContext(headers: Headers): TraceContext | undefined {
  const traceparent = headers.get("traceparent");
  // A header of version 00 ends with the flags; of those to come, what is known of it stands in front.
  if (traceparent === null || !TRACEPARENT.test(traceparent)) return undefined;
  if (traceparent.startsWith("00") && traceparent.length !== 55) return undefined;
  const tracestate = headers.get("tracestate");
  return { traceparent, tracestate: tracestate !== null && TRACESTATE.test(tracestate) ? tracestate : null };
}

export function createTracing({ topic, tracer }: TracingOptions): Tracing {
  return {
    begin(request, path) {
      const context = readTraceContext(request.headers);
      if (tracer !== undefined) return spansOf({ tracer, topic, method: request.method, path, context });
      return context === undefined ? undefined : passedThrough(context);
    },
  };
}

function passedThrough({ traceparent, tracestate }: TraceContext): RequestTrace {
  const headers = tracestate === null ? { traceparent } : { traceparent, tracestate };
  return { beginSend: () => headers, endSend() {}, end() {} };
}

interface SpansOptions {
  tracer: Tracer;
  topic: string;
  method: string;
  /** The route's. */
  path: string;
  context: TraceContext | undefined;
}

function spansOf({ tracer, topic, method, path, context }: SpansOptions): RequestTrace {
  const span = tracer.startSpan(
    `${method} ${path}`,
    { kind: SpanKind.SERVER, attributes: { "http.request.method": method, "http.route": path } },
    context === undefined ? ROOT_CONTEXT : parentOf(context),
  );
  let sending: Span | undefined;
  return {
    beginSend(orders) {
      sending = tracer.startSpan(
        `send ${topic}`,
        {
          kind: SpanKind.PRODUCER,
          attributes: {
            "messaging.system": "kafka",
            "messaging.operation.type": "send",
            "messaging.operation.name": "send",
            "messaging.destination.name": topic,
            "messaging.batch.message_count": orders,
          },
        },
        trace.setSpan(ROOT_CONTEXT, span),
      );
      return headersOf(sending);
    },
    endSend(isPublished) {
      if (!isPublished) sending?.setStatus({ code: SpanStatusCode.ERROR });
      sending?.end();
    },
    end(status) {
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function parentOf({ traceparent }: TraceContext) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) as unknown as [
    string,
    string,
    string,
    string,
  ];
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function headersOf(span: Span): TraceHeaders | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}
