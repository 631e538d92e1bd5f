import { describe, expect, test } from "bun:test";
import type { Context, Span, SpanContext, SpanOptions, Tracer } from "@opentelemetry/api";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { order, setUp } from "./testing.ts";
import { readTraceContext } from "./tracing.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID = "00f067aa0ba902b7";
const traceparent = `00-${TRACE_ID}-${PARENT_ID}-01`;

const read = (headers: Record<string, string>) => readTraceContext(new Headers(headers));

describe("the trace context of a request", () => {
  test.each([traceparent, `00-${TRACE_ID}-${PARENT_ID}-00`, `cc-${TRACE_ID}-${PARENT_ID}-01-what-comes`])(
    "%s is taken over",
    (header) => {
      expect(read({ traceparent: header })).toEqual({ traceparent: header, tracestate: null });
    },
  );

  test.each([
    "",
    "00",
    `00-${TRACE_ID}-${PARENT_ID}`,
    `00-${TRACE_ID}-${PARENT_ID}-01-more`,
    `ff-${TRACE_ID}-${PARENT_ID}-01`,
    `00-${"0".repeat(32)}-${PARENT_ID}-01`,
    `00-${TRACE_ID}-${"0".repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-${PARENT_ID}-01`,
    `00-${TRACE_ID}-${PARENT_ID}-0x`,
    `${traceparent}, ${traceparent}`,
  ])("%p is none", (header) => {
    expect(read({ traceparent: header, tracestate: "a=b" })).toBeUndefined();
  });

  test("its state goes with it, unless that is too long to be one", () => {
    expect(read({ traceparent, tracestate: "a=b,c=d" })?.tracestate).toBe("a=b,c=d");
    expect(read({ traceparent, tracestate: "a".repeat(513) })?.tracestate).toBeNull();
    expect(read({ tracestate: "a=b" })).toBeUndefined();
  });
});

const requests = [
  ["/order", order, {}, 1],
  ["/order", order, { "idempotency-key": "k" }, 1],
  ["/orders/batch", { orders: [order, order] }, {}, 2],
  ["/orders/batch", { orders: [order, order] }, { "idempotency-key": "k" }, 2],
] as const;

describe("without an SDK", () => {
  test.each(requests)(
    "%s: a client's context goes into the records as it came",
    async (path, value, headers) => {
      const { postJson, recordHeaders } = setUp();
      await postJson(path, value, { ...headers, traceparent, tracestate: "a=b" });
      expect(recordHeaders).toEqual([{ traceparent, tracestate: "a=b" }]);
    },
  );

  test.each(requests)(
    "%s: without one, or with a broken one, records have no headers",
    async (path, value, headers) => {
      for (const broken of [{}, { traceparent: "00-hunter2" }]) {
        const { postJson, recordHeaders } = setUp();
        await postJson(path, value, { ...headers, ...broken });
        expect(recordHeaders).toEqual([undefined]);
      }
    },
  );
});

interface Recorded {
  name: string;
  options: SpanOptions;
  parent: SpanContext | undefined;
  context: SpanContext;
  attributes: Record<string, unknown>;
  status: SpanStatusCode | undefined;
  isEnded: boolean;
}

/** A tracer that writes down what it is told. */
function recorder() {
  const spans: Recorded[] = [];
  const tracer = {
    startSpan(name: string, options: SpanOptions = {}, context?: Context) {
      const parent = context && trace.getSpanContext(context);
      const recorded: Recorded = {
        name,
        options,
        parent,
        context: {
          traceId: parent?.traceId ?? "a".repeat(32),
          spanId: String(spans.length + 1).padStart(16, "0"),
          traceFlags: 1,
        },
        attributes: { ...options.attributes },
        status: undefined,
        isEnded: false,
      };
      spans.push(recorded);
      return {
        spanContext: () => recorded.context,
        setAttribute(key: string, value: unknown) {
          recorded.attributes[key] = value;
        },
        setStatus({ code }: { code: SpanStatusCode }) {
          recorded.status = code;
        },
        end() {
          recorded.isEnded = true;
        },
      } as unknown as Span;
    },
  } as unknown as Tracer;
  return { tracer, spans };
}

describe("with an SDK", () => {
  test.each(requests)(
    "%s: one span for the request, one for sending, which the records carry",
    async (path, value, headers, orders) => {
      const { tracer, spans } = recorder();
      const { postJson, recordHeaders } = setUp({ tracer });
      await postJson(path, value, { ...headers, traceparent });
      const [request, send] = spans as [Recorded, Recorded];
      expect(spans).toHaveLength(2);
      expect(request).toMatchObject({
        name: `POST ${path}`,
        options: { kind: SpanKind.SERVER },
        isEnded: true,
      });
      expect(request.parent).toMatchObject({ traceId: TRACE_ID, spanId: PARENT_ID, isRemote: true });
      expect(request.attributes).toMatchObject({ "http.response.status_code": 202 });
      expect(send).toMatchObject({
        name: "send order-events",
        options: { kind: SpanKind.PRODUCER },
        isEnded: true,
      });
      expect(send.parent).toEqual(request.context);
      expect(send.attributes).toMatchObject({ "messaging.batch.message_count": orders });
      expect(send.status).toBeUndefined();
      expect(recordHeaders).toEqual([{ traceparent: `00-${TRACE_ID}-${send.context.spanId}-01` }]);
    },
  );

  test("a request without a context begins a trace; what fails is marked so", async () => {
    const { tracer, spans } = recorder();
    const { post, postJson, state } = setUp({ tracer });
    state.outcome = "failed";
    await postJson("/order", order);
    expect(spans[0]?.parent).toBeUndefined();
    expect(spans.map(({ status, isEnded }) => [status, isEnded])).toEqual([
      [SpanStatusCode.ERROR, true],
      [SpanStatusCode.ERROR, true],
    ]);
    await post("/order", "{");
    expect(spans[2]).toMatchObject({ status: undefined, isEnded: true });
    expect(spans[2]?.attributes).toMatchObject({ "http.response.status_code": 400 });
    expect(spans).toHaveLength(3);
  });
});
