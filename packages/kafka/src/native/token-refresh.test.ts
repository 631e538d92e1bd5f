/**
 * Tokens for OAUTHBEARER without a broker that could check them: when the function is called, what becomes of its failures, and that nothing
 * happens after closing. A listener that counts connections shows when librdkafka has a token: it makes none before.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { AccessToken, TokenFunction } from "../access-token.ts";
import { createAdmin } from "../admin.ts";
import type { ClientOptions, LogLine } from "../config.ts";
import { createConsumer } from "../consumer.ts";
import type { KafkaError } from "../error.ts";
import { createProducer } from "../producer.ts";
import { leavesNoHandles, until } from "../test-cluster.ts";
import { createTransactionalProducer } from "../transaction.ts";
import { Handle } from "./handle.ts";
import { Secrets } from "./secrets.ts";
import { TokenRefresh } from "./token-refresh.ts";

setDefaultTimeout(30_000);

leavesNoHandles();

const canary = "canary-token";
const tokenFor = (lifeMs: number): AccessToken => ({
  token: canary,
  expiresAt: Date.now() + lifeMs,
  principal: "alice",
});

/** Takes connections and says nothing. */
function listen() {
  let connections = 0;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: () => void connections++, data: () => undefined },
  });
  return {
    brokers: `127.0.0.1:${server.port}`,
    connections: () => connections,
    [Symbol.dispose]: () => server.stop(true),
  };
}

/** Options that keep what is reported. */
function watched(token: TokenFunction, tokenTimeoutMs?: number) {
  const errors: KafkaError[] = [];
  const lines: LogLine[] = [];
  const options = {
    brokers: "127.0.0.1:1",
    sasl: { mechanism: "OAUTHBEARER", token, tokenTimeoutMs },
    onError: (error) => void errors.push(error),
    onLog: (line) => void lines.push(line),
  } as const satisfies ClientOptions;
  const failures = () => errors.filter(({ name }) => name === "_AUTHENTICATION");
  return { options, failures, lines };
}

test("every kind of client asks for a token when it is created, once, and after its constructor", async () => {
  let calls = 0;
  let created = false;
  const { options } = watched(async () => {
    expect(created).toBe(true);
    calls++;
    return tokenFor(60_000);
  });
  for (const create of [
    () => createProducer(options),
    () => createAdmin(options),
    () => createConsumer({ ...options, groupId: "g", topics: ["t"], autoOffsetReset: "earliest" }),
    () => createTransactionalProducer({ ...options, transactionalId: "t" }),
  ]) {
    calls = 0;
    created = false;
    const client = create();
    created = true;
    await until(() => calls > 0);
    await client.close();
    expect(calls).toBe(1);
  }
});

test("no broker is connected to before there is a token", async () => {
  using listener = listen();
  const given = Promise.withResolvers<AccessToken>();
  const { options } = watched(() => given.promise);
  const admin = createAdmin({ ...options, brokers: listener.brokers, timeoutMs: 300 });
  expect(await admin.describeCluster().catch((error) => error)).toMatchObject({ name: "_TIMED_OUT" });
  expect(listener.connections()).toBe(0);
  given.resolve(tokenFor(60_000));
  const waiting = admin.describeCluster().catch(() => undefined);
  await until(() => listener.connections() > 0);
  await waiting;
  await admin.close();
});

test.each([
  ["rejects", () => Promise.reject(new Error("issuer is down"))],
  [
    "throws",
    () => {
      throw new Error("issuer is down");
    },
  ],
])("a function that %s is reported once, with its error, and calls do not wait", async (_, token) => {
  const { options, failures, lines } = watched(token as TokenFunction);
  const producer = createProducer(options);
  const refusal = await producer.describeCluster().catch((error) => error);
  expect(refusal).toMatchObject({
    message: "describe cluster: the token function failed: issuer is down (_AUTHENTICATION)",
    operation: "describe cluster",
  });
  expect(failures()).toHaveLength(1);
  expect(failures()[0]).toMatchObject({
    message: "get token: the token function failed: issuer is down (_AUTHENTICATION)",
    retriable: true,
    cause: new Error("issuer is down"),
  });
  expect(refusal.cause).toBe(failures()[0]);
  expect(lines.filter(({ facility }) => facility === "TOKEN")).toEqual([
    { level: 3, facility: "TOKEN", message: failures()[0]!.message },
  ]);
  await producer.close();
  expect(failures()).toHaveLength(1);
});

test("a function that takes too long is reported and told to stop; its token is taken all the same", async () => {
  using listener = listen();
  const given = Promise.withResolvers<AccessToken>();
  let told: unknown;
  const { options, failures } = watched(({ signal }) => {
    signal.addEventListener("abort", () => (told = signal.reason));
    return given.promise;
  }, 50);
  const admin = createAdmin({ ...options, brokers: listener.brokers });
  expect(await admin.describeCluster().catch((error) => error)).toMatchObject({
    message: "describe cluster: the token function gave no token within 50 ms (_AUTHENTICATION)",
  });
  expect(failures().map(({ message }) => message)).toEqual([
    "get token: the token function gave no token within 50 ms (_AUTHENTICATION)",
  ]);
  expect(String(told)).toContain("no token within 50 ms");
  given.resolve(tokenFor(60_000));
  const waiting = admin.describeCluster().catch(() => undefined);
  await until(() => listener.connections() > 0);
  await admin.close();
  await waiting;
  expect(failures()).toHaveLength(1);
});

test("a function that heeds its signal is not reported twice, one with reasons of its own is", async () => {
  const heeding = watched(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    20,
  );
  const own = watched(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("gave up")))),
    20,
  );
  const clients = [createAdmin(heeding.options), createAdmin(own.options)];
  await until(() => own.failures().length === 2);
  await Promise.all(clients.map((client) => client.close()));
  expect(heeding.failures()).toHaveLength(1);
  expect(own.failures()[1]!.message).toContain("the token function failed: gave up");
});

test("a token is renewed after four fifths of its life", async () => {
  const calls: number[] = [];
  const { options, failures } = watched(async () => {
    calls.push(performance.now());
    return tokenFor(calls.length === 1 ? 1_000 : 60_000);
  });
  const admin = createAdmin(options);
  await until(() => calls.length === 2);
  expect(calls[1]! - calls[0]!).toBeGreaterThan(750);
  await admin.close();
  expect(calls).toHaveLength(2);
  expect(failures()).toEqual([]);
});

test.each<[string, object]>([
  ["its token has characters that can't be sent", { token: `${canary}é` }],
  ["its token expired at", { expiresAt: Date.now() - 1 }],
  ["must be in milliseconds", { expiresAt: Math.floor(Date.now() / 1000) + 3600 }],
  ["its principal is not a string", { principal: undefined }],
  ['its extension "auth" must be named', { extensions: { auth: canary } }],
])("what is no token is reported: %s", async (message, changes) => {
  const { options, failures, lines } = watched(async () => ({ ...tokenFor(60_000), ...changes }));
  const admin = createAdmin(options);
  await until(() => failures().length > 0);
  await admin.close();
  expect(failures()).toHaveLength(1);
  expect(failures()[0]!.message).toContain(message);
  expect(JSON.stringify([failures().map(String), lines])).not.toContain(canary);
});

test("extensions go along", async () => {
  using listener = listen();
  const { options, failures } = watched(async () => ({
    ...tokenFor(60_000),
    extensions: { logicalCluster: "lkc-1", identityPoolId: "pool" },
  }));
  const admin = createAdmin({ ...options, brokers: listener.brokers });
  const waiting = admin.describeCluster().catch(() => undefined);
  await until(() => listener.connections() > 0);
  await admin.close();
  await waiting;
  expect(failures()).toEqual([]);
});

test("a blocking call that waited for a token in vain says so", async () => {
  const { options } = watched(() => Promise.reject(new Error("issuer is down")));
  const producer = createTransactionalProducer({
    ...options,
    transactionalId: "t",
    transactionTimeoutMs: 1_000,
  });
  expect(await producer.initialise().catch((error) => error)).toMatchObject({
    name: "_TIMED_OUT",
    message: expect.stringContaining(
      "the last attempt to connect: the token function failed: issuer is down",
    ),
  });
  await producer.close();
});

test("closing tells a function under way, and its result is of no consequence any more", async () => {
  const outcomes = [tokenFor(60_000), new Error("issuer is down")];
  for (const outcome of outcomes) {
    const given = Promise.withResolvers<AccessToken>();
    const started = Promise.withResolvers<AbortSignal>();
    const { options, failures } = watched(({ signal }) => {
      started.resolve(signal);
      return given.promise;
    });
    const admin = createAdmin(options);
    const signal = await started.promise;
    const closing = admin.close();
    expect(signal.aborted).toBe(true);
    if (outcome instanceof Error) given.reject(outcome);
    else given.resolve(outcome);
    await closing;
    await given.promise.catch(() => undefined);
    expect(failures()).toEqual([]);
  }
});

test("once stopped, the function is never called", async () => {
  const rk = new Handle("client that is not there", 1, () => undefined);
  let calls = 0;
  const tokens = new TokenRefresh({
    rk,
    token: async () => {
      calls++;
      return tokenFor(60_000);
    },
    timeoutMs: 10,
    secrets: new Secrets(),
    onError: (error) => {
      throw error;
    },
  });
  tokens.stop();
  await tokens.refresh();
  rk.release();
  expect(calls).toBe(0);
  expect(tokens.hasToken).toBe(false);
});
