/** What only a client that writes its own bytes can send. Bun's parser answers most of it; this holds what we rely on. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { createGate } from "./gate.ts";
import { createHttp } from "./http.ts";
import { createKeyedIntake } from "./keyed-intake.ts";
import { createOrderPlacer } from "./order.ts";
import type { Publisher } from "./publisher.ts";
import { type Server, startServer } from "./server.ts";
import { createTracing } from "./tracing.ts";

setDefaultTimeout(60_000);

const body = JSON.stringify({ user_id: "user123", item: "Burger", quantity: 2 });
let server: Server;
let published = 0;

beforeAll(() => {
  const publisher: Publisher = {
    async publish() {
      published += 1;
      return "acknowledged";
    },
    async publishBatch(events) {
      published += events.length;
      return "acknowledged";
    },
  };
  const placeOrder = createOrderPlacer();
  const app = createHttp({
    publisher,
    keyedIntake: createKeyedIntake({ publisher, placeOrder, windowMs: 60_000, maxKeys: 100 }),
    acknowledge: "acknowledged",
    gate: createGate({ hosts: new Set(["localhost"]), apiKeys: undefined }),
    tracing: createTracing({ topic: "order-events", tracer: undefined }),
    rateLimit: undefined,
    tracker: undefined,
    bodyMemoryBytes: 1024 * 1024,
    kafkaHealth: { check: async () => ({ isReachable: true, brokers: 1 }) },
    placeOrder,
    scans: true,
    newOrderId: crypto.randomUUID.bind(crypto),
    closedBecause: () => undefined,
    onError: () => {},
  });
  server = startServer({
    app,
    host: "127.0.0.1",
    port: 0,
    isPortShared: false,
    tls: undefined,
    // The idle timeout is 6 s more.
    answerTimeoutMs: 0,
  });
});

afterAll(() => server.stop(0));

interface Conversation {
  readonly said: string;
  readonly isClosed: boolean;
  readonly statuses: readonly number[];
  readonly seconds: number;
}

interface TalkOptions {
  /** Told after each answer that came; true hangs up. */
  until?: (said: string) => boolean;
  /** Sent byte by byte at this distance, in milliseconds. */
  drip?: { bytes: string; gapMs: number };
  /** Closes this end for writing after the first bytes. */
  isHalfClosed?: boolean;
}

/** Sends bytes and listens until the server closes or `until` is content. */
function talk(bytes: string, { until, drip, isHalfClosed = false }: TalkOptions = {}): Promise<Conversation> {
  const { promise, resolve } = Promise.withResolvers<Conversation>();
  const from = performance.now();
  let said = "";
  let dripping: Timer | undefined;
  const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  const end = (isClosed: boolean) => {
    clearInterval(dripping);
    socket.destroy();
    const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
    resolve({ said, isClosed, statuses, seconds: (performance.now() - from) / 1000 });
  };
  socket.on("connect", () => {
    if (isHalfClosed) socket.end(bytes);
    else socket.write(bytes);
    if (drip === undefined) return;
    let at = 0;
    dripping = setInterval(() => socket.write(drip.bytes[at++ % drip.bytes.length] as string), drip.gapMs);
  });
  socket.on("data", (chunk) => {
    said += chunk;
    if (until?.(said)) end(false);
  });
  socket.on("error", () => {});
  socket.on("end", () => end(true));
  socket.on("close", () => end(true));
  return promise;
}

const answers = (count: number) => (said: string) => said.split("HTTP/1.1 ").length - 1 >= count;
const head = (lines: string[]) => `${["POST /order HTTP/1.1", ...lines].join("\r\n")}\r\n\r\n`;
const JSON_LINE = "Content-Type: application/json";
const request = head(["Host: localhost", JSON_LINE, `Content-Length: ${body.length}`]) + body;

describe("requests that two readers could cut in different places", () => {
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

  test.each<[string, string]>([
    [
      "length and chunks",
      head(["Host: localhost", JSON_LINE, "Content-Length: 5", "Transfer-Encoding: chunked"]) + chunked,
    ],
    [
      "chunks and length",
      head(["Host: localhost", JSON_LINE, "Transfer-Encoding: chunked", "Content-Length: 5"]) + chunked,
    ],
    [
      "two lengths",
      head(["Host: localhost", JSON_LINE, `Content-Length: ${body.length}`, "Content-Length: 0"]) + body,
    ],
    ["a negative length", head(["Host: localhost", JSON_LINE, "Content-Length: -1"]) + body],
    ["a length that is none", head(["Host: localhost", JSON_LINE, "Content-Length: 5x"]) + body],
    [
      "another transfer coding",
      head(["Host: localhost", JSON_LINE, "Transfer-Encoding: xchunked"]) + chunked,
    ],
    [
      "a chunk of no length",
      `${head(["Host: localhost", JSON_LINE, "Transfer-Encoding: chunked"])}zz\r\n${body}`,
    ],
    [
      "a space before the colon",
      head(["Host: localhost", JSON_LINE, `Content-Length : ${body.length}`]) + body,
    ],
    ["no Host", head([JSON_LINE, `Content-Length: ${body.length}`]) + body],
  ])("%s: refused, closed, and nothing behind it is answered", async (_, bytes) => {
    const before = published;
    const { statuses, isClosed, said } = await talk(bytes + smuggled);
    expect(isClosed).toBe(true);
    expect(statuses.length).toBeLessThanOrEqual(1);
    expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true);
    expect(said).not.toContain("smuggled");
    expect(published).toBe(before);
  });
});

describe("names", () => {
  test.each([
    [["Host: evil.example"]],
    [["Host: evil.example", "Host: localhost"]],
    [["Host: localhost", "Host: evil.example"]],
    [["Host: localhost.evil.example:80"]],
    [["Host: a"]],
    [["Host: localhost@evil.example"]],
  ])("%p is not let in", async (hosts) => {
    const before = published;
    const { statuses } = await talk(head([...hosts, JSON_LINE, `Content-Length: ${body.length}`]) + body, {
      until: answers(1),
    });
    expect([400, 421]).toContain(statuses[0] as number);
    expect(published).toBe(before);
  });

  test("a Host of one letter moves no path", async () => {
    const { statuses } = await talk("GET /xx/health HTTP/1.1\r\nHost: a\r\n\r\n", { until: answers(1) });
    expect(statuses).toEqual([421]);
  });
});

describe("headers", () => {
  test.each([
    ["one of 1 MiB", head(["Host: localhost", `X-A: ${"a".repeat(1024 * 1024)}`])],
    ["ten thousand", head(["Host: localhost", ...Array.from({ length: 10_000 }, (_, n) => `X-${n}: 1`)])],
    ["without end", `POST /order HTTP/1.1\r\nHost: localhost\r\nX-A: ${"a".repeat(1024 * 1024)}`],
    ["a request line without end", `GET /${"a".repeat(1024 * 1024)}`],
  ])("%s are refused and the connection closed", async (_, bytes) => {
    const { statuses, isClosed } = await talk(bytes);
    expect(isClosed).toBe(true);
    expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true);
  });

  test("two Idempotency-Keys are none", async () => {
    const lines = ["Host: localhost", JSON_LINE, `Content-Length: ${body.length}`];
    const { statuses } = await talk(head([...lines, "Idempotency-Key: a", "Idempotency-Key: b"]) + body, {
      until: answers(1),
    });
    expect(statuses).toEqual([400]);
  });
});

test("requests sent without waiting are answered in their order", async () => {
  const bad = head(["Host: localhost", JSON_LINE, "Content-Length: 2"]);
  const { statuses } = await talk(
    `${request}${bad}{}${request}GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    {
      until: answers(4),
    },
  );
  expect(statuses).toEqual([202, 422, 202, 404]);
});

test("a client that says it will send no more still gets its answer, or the connection is closed", async () => {
  const { statuses, isClosed } = await talk(request, { isHalfClosed: true });
  expect(isClosed).toBe(true);
  expect([[], [202]]).toContainEqual([...statuses]);
});

test("clients that drip or say nothing are cut off, and hold nobody up meanwhile", async () => {
  const slow = Promise.all([
    ...Array.from({ length: 100 }, () =>
      talk("POST /order HTTP/1.1\r\nHost: localhost\r\nX-A: ", { drip: { bytes: "a", gapMs: 500 } }),
    ),
    ...Array.from({ length: 100 }, () =>
      talk(head(["Host: localhost", JSON_LINE, "Content-Length: 60"]), { drip: { bytes: " ", gapMs: 500 } }),
    ),
    ...Array.from({ length: 5 }, () =>
      talk(head(["Host: localhost", JSON_LINE, "Transfer-Encoding: chunked"]), {
        drip: { bytes: "1\r\n \r\n", gapMs: 200 },
      }),
    ),
    ...Array.from({ length: 100 }, () => talk("")),
  ]);
  let isOver = false;
  void slow.then(() => {
    isOver = true;
  });
  let good = 0;
  while (!isOver) {
    const { statuses } = await talk(request, { until: answers(1) });
    expect(statuses).toEqual([202]);
    good += 1;
    await Bun.sleep(20);
  }
  expect(good).toBeGreaterThan(50);
  for (const { isClosed, seconds, statuses } of await slow) {
    expect(isClosed).toBe(true);
    expect(statuses).not.toContain(202);
    expect(seconds).toBeLessThan(25);
  }
});
