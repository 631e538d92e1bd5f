/** Why no broker was reached: which errors are kept, which calls they explain, what is made of librdkafka's words. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { KafkaError } from "../error.ts";
import { ConnectionTrouble, failureIn, readable, untrusted } from "./connection-trouble.ts";
import { ErrCode } from "./error-codes.ts";

const errorOf = (code: number, message: string, operation = "producer") =>
  new KafkaError({ code, operation, message });
const timedOut = errorOf(ErrCode.timedOut, "Local: Timed out", "list topics");

test("a call that waited in vain says why", () => {
  const trouble = new ConnectionTrouble();
  expect(trouble.explain(timedOut)).toBe(timedOut);
  const cause = errorOf(ErrCode.transport, "connection refused");
  trouble.note(cause);
  const explained = trouble.explain(timedOut);
  expect(explained).toMatchObject({
    message: "list topics: Local: Timed out; the last attempt to connect: connection refused (_TIMED_OUT)",
    retriable: true,
    cause,
  });
  const other = errorOf(3, "unknown topic");
  expect(trouble.explain(other)).toBe(other);
  trouble.clear();
  expect(trouble.explain(timedOut)).toBe(timedOut);
});

test("what an error says about the transaction stays", () => {
  const trouble = new ConnectionTrouble();
  trouble.note(errorOf(ErrCode.transport, "down"));
  const error = new KafkaError({
    code: ErrCode.timedOut,
    operation: "commit transaction",
    message: "late",
    abortable: true,
    possiblyPersisted: true,
    retriable: false,
  });
  expect(trouble.explain(error)).toMatchObject({
    abortable: true,
    possiblyPersisted: true,
    retriable: false,
  });
});

test("only a refusal is a reason not to wait", () => {
  const trouble = new ConnectionTrouble();
  trouble.note(errorOf(ErrCode.transport, "connection refused"));
  expect(trouble.refusal("list topics")).toBeNull();
  trouble.note(errorOf(ErrCode.authentication, "wrong password"));
  expect(trouble.refusal("list topics")).toMatchObject({
    name: "_AUTHENTICATION",
    message: "list topics: wrong password (_AUTHENTICATION)",
    operation: "list topics",
  });
});

test("errors of other kinds are no trouble of connecting", () => {
  const trouble = new ConnectionTrouble();
  trouble.note(errorOf(ErrCode.maxPollExceeded, "too slow"));
  expect(trouble.explain(timedOut)).toBe(timedOut);
});

const line = (message: string, level = 6, facility = "FAIL") => ({ level, facility, message });

test("a listener that expects TLS or SASL gives itself away by closing the connection", () => {
  const closed = "host:9092/bootstrap: Disconnected: connection closed by peer";
  expect(failureIn(line(`[thrd:x]: ${closed} (after 1ms in state APIVERSION_QUERY)`))).toEqual({
    words: `${closed} (after 1ms in state APIVERSION_QUERY); a listener that expects TLS does so (see tls)`,
    disconnect: true,
  });
  expect(failureIn(line(`${closed} (after 3ms in state UP)`))?.words).toContain("expects SASL does so");
  expect(failureIn(line(`${closed} (after 30000ms in state UP)`))?.words).not.toContain("expects");
  expect(failureIn(line(`sasl_ssl://${closed} (after 3ms in state UP)`))?.words).not.toContain("expects");
});

test("other lines: a timeout is a failure and worth a line; errors come as events as well; the rest is none", () => {
  const setup = "host:9092/1: Connection setup timed out in state CONNECT (after 30000ms in state CONNECT)";
  expect(failureIn(line(setup, 4))).toEqual({ words: setup, disconnect: false });
  expect(failureIn(line("host:9092/1: Connect failed", 3))).toBeNull();
  expect(failureIn(line("host:9092/1: Disconnected (_TRANSPORT)", 7))).toBeNull();
  expect(failureIn(line("host:9092/1: Disconnected", 6, "REQTMOUT"))).toBeNull();
});

test("librdkafka's advice about certificates is turned into ours", async () => {
  const manifest = require.resolve("@confluentinc/kafka-javascript/package.json");
  const source = await Bun.file(join(manifest, "..", "deps", "librdkafka", "src", "rdkafka_ssl.c")).text();
  expect(source.replace(/"\s*"/g, "").includes(untrusted)).toBe(true);
  const words = `certificate could not be verified, ${untrusted} (brew install openssl) (after 5ms)`;
  expect(readable(words)).toBe(
    "certificate could not be verified, its authority must be trusted (tls.ca or tls.caFile; else the system's ca-certificates), and it must name this host (after 5ms)",
  );
});

test("a broker that wants a certificate says so by an alert", () => {
  const alert = "Receive failed: sslv3 alert bad certificate: SSL alert number 42 (after 2ms)";
  const message = readable(alert);
  expect(message).toContain("SSL alert number 42: the broker wants a certificate of this client");
  const trouble = new ConnectionTrouble();
  trouble.note(errorOf(ErrCode.transport, message));
  expect(trouble.refusal("list topics")).toMatchObject({ name: "_TRANSPORT" });
  expect(readable("SSL alert number 40 (after 2ms)")).toBe("SSL alert number 40 (after 2ms)");
});

test("a broker that knows no TLS closes the connection, with librdkafka's guess at the reason or without", () => {
  const closed = "ssl://host:9092/1: Disconnected: SSL connection closed by peer";
  const guess = ": connecting to a PLAINTEXT broker listener?";
  const guessed = `${closed}${guess} (after 0ms in state SSL_HANDSHAKE)`;
  expect(readable(`${closed} (after 0ms in state SSL_HANDSHAKE)`)).toBe(guessed);
  expect(readable(guessed)).toBe(guessed);
  const later = `${closed} (after 900ms in state UP)`;
  expect(readable(later)).toBe(later);
});
