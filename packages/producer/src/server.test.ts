import { afterEach, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGate } from "./gate.ts";
import { createHttp } from "./http.ts";
import { createKeyedIntake } from "./keyed-intake.ts";
import { createOrderPlacer } from "./order.ts";
import type { PublishOutcome } from "./publisher.ts";
import { type Server, type ServerOptions, startServer } from "./server.ts";
import { createTracing } from "./tracing.ts";

const order = JSON.stringify({ user_id: "user123", item: "Burger", quantity: 2 });
const json = { "content-type": "application/json" };
const running: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(0)));
});

function start(
  publish: () => Promise<PublishOutcome> = async () => "acknowledged",
  port = 0,
  options: Partial<ServerOptions> = {},
) {
  const publisher = { publish, publishBatch: publish };
  const placeOrder = createOrderPlacer();
  const app = createHttp({
    publisher,
    keyedIntake: createKeyedIntake({ publisher, placeOrder, windowMs: 60_000, maxKeys: 100 }),
    acknowledge: "acknowledged",
    gate: createGate({ hosts: undefined, apiKeys: undefined }),
    tracing: createTracing({ topic: "order-events", tracer: undefined }),
    rateLimit: undefined,
    tracker: undefined,
    bodyMemoryBytes: 16 * 1024 * 1024,
    kafkaHealth: { check: async () => ({ isReachable: true, brokers: 1 }) },
    placeOrder,
    scans: true,
    newOrderId: crypto.randomUUID.bind(crypto),
    closedBecause: () => undefined,
    onError: () => {},
  });
  const server = startServer({
    app,
    host: "127.0.0.1",
    port,
    isPortShared: false,
    tls: undefined,
    answerTimeoutMs: 4000,
    ...options,
  });
  running.push(server);
  return server;
}

test("port 0 is a free one, and orders come through the socket", async () => {
  const { url } = start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
  expect((await fetch(`${url}/order`, { method: "POST", body: order, headers: json })).status).toBe(202);
  expect((await fetch(`${url}/health`, { method: "HEAD" })).status).toBe(200);
  expect((await fetch(`${url}/order`)).status).toBe(405);
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
});

test("a port that is taken is not shared", () => {
  const port = Number(new URL(start().url).port);
  expect(() => start(undefined, port)).toThrow();
});

test("a port may be shared where both want it", async () => {
  const first = start(undefined, 0, { isPortShared: true });
  const second = start(undefined, first.port, { isPortShared: true });
  expect(second.port).toBe(first.port);
  await first.stop(0);
  expect((await fetch(`${second.url}/health`)).status).toBe(200);
});

test.skipIf(Bun.which("openssl") === null)("with certificate and key it speaks TLS only", async () => {
  const folder = await mkdtemp(join(tmpdir(), "producer-tls-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const openssl = Bun.spawn(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"].concat(
      ["-keyout", keyFile, "-out", certFile, "-days", "2", "-subj", "/CN=localhost"],
      ["-addext", "subjectAltName=IP:127.0.0.1"],
    ),
    { stderr: "ignore" },
  );
  expect(await openssl.exited).toBe(0);
  const { url } = start(undefined, 0, { tls: { certFile, keyFile } });
  expect(url).toStartWith("https://");
  const tls = { ca: await Bun.file(certFile).text() };
  const answer = await fetch(`${url}/order`, { method: "POST", body: order, headers: json, tls });
  expect(answer.status).toBe(202);
  const inTheClear = await fetch(url.replace("https", "http")).catch(() => "refused");
  expect(inTheClear).toBe("refused");
  expect(() => start(undefined, 0, { tls: { certFile, keyFile: certFile } })).toThrow("TLS_KEY_FILE");
  await rm(folder, { recursive: true });
});

test("far too long a body is refused as a problem, its length declared or not, and the server goes on", async () => {
  const { url } = start();
  const megabytes = new Uint8Array(8 * 1024 * 1024).fill(0x20);
  for (const path of ["/order", "/orders/batch"]) {
    const declared = await fetch(url + path, { method: "POST", body: megabytes, headers: json });
    expect(declared.status).toBe(413);
    expect(declared.headers.get("content-type")).toBe("application/problem+json");
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < megabytes.length; at += 65_536)
          controller.enqueue(megabytes.subarray(at, at + 65_536));
        controller.close();
      },
    });
    const answer = await fetch(url + path, { method: "POST", body: chunked, headers: json });
    expect(answer.status).toBe(413);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  }
  expect((await fetch(`${url}/order`, { method: "POST", body: order, headers: json })).status).toBe(202);
});

test("an order in several pieces, without a declared length", async () => {
  const { url } = start();
  const body = new ReadableStream({
    start(controller) {
      for (const piece of [order.slice(0, 7), order.slice(7, 30), order.slice(30)]) {
        controller.enqueue(Buffer.from(piece));
      }
      controller.close();
    },
  });
  expect((await fetch(`${url}/order`, { method: "POST", body, headers: json })).status).toBe(202);
});

test("stopping waits for the answer that is due, and takes nothing new", async () => {
  const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
  const { promise: isPublishing, resolve: publishing } = Promise.withResolvers<void>();
  const server = start(() => {
    publishing();
    return promise;
  });
  const due = fetch(`${server.url}/order`, { method: "POST", body: order, headers: json });
  await isPublishing;
  const stopped = server.stop(5000);
  expect(fetch(`${server.url}/health`)).rejects.toThrow();
  resolve("acknowledged");
  expect((await due).status).toBe(202);
  await stopped;
});

test("stopping does not wait longer than told for a client that never finishes its request", async () => {
  const server = start();
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  const isClosed = once(socket, "close");
  socket.write(
    "POST /order HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
  );
  // The interim answer says that the request has begun.
  await once(socket, "data");
  await server.stop(50);
  await isClosed;
});
