/** One password after another, sent through everything that prints: none comes out. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { inspect } from "node:util";
import { createAdmin } from "./admin.ts";
import type { ClientOptions } from "./config.ts";
import { createConsumer } from "./consumer.ts";
import { createProducer } from "./producer.ts";
import { leavesNoHandles } from "./test-cluster.ts";
import { createTransactionalProducer } from "./transaction.ts";

setDefaultTimeout(30_000);

const canary = "canary-9f8e7d";

leavesNoHandles();

/** Every way to look at a value. */
function printed(value: unknown): string {
  const parts = [
    Bun.inspect(value, { depth: 20 }),
    inspect(value, { depth: 20, showHidden: true }),
    String(value),
  ];
  if (value instanceof Error) parts.push(value.stack ?? "", JSON.stringify({ ...value }));
  return [...parts, JSON.stringify(value)].join("\n");
}

const kinds: Record<string, (options: ClientOptions) => AsyncDisposable> = {
  producer: createProducer,
  admin: createAdmin,
  consumer: (options) =>
    createConsumer({ ...options, groupId: "g", topics: ["t"], autoOffsetReset: "earliest" }),
  "transactional producer": (options) => createTransactionalProducer({ ...options, transactionalId: "t" }),
};

const security: Record<string, Pick<ClientOptions, "tls" | "sasl" | "librdkafka">> = {
  PLAIN: { sasl: { mechanism: "PLAIN", username: "alice", password: canary } },
  "SCRAM over TLS": { tls: true, sasl: { mechanism: "SCRAM-SHA-512", username: "alice", password: canary } },
  token: {
    sasl: {
      mechanism: "OAUTHBEARER",
      token: async () => ({ token: canary, expiresAt: Date.now() + 60_000, principal: "alice" }),
    },
  },
  "keystore password": { tls: true, librdkafka: { "ssl.keystore.password": canary } },
  "token settings of librdkafka's own": {
    librdkafka: {
      "security.protocol": "sasl_plaintext",
      "sasl.mechanism": "OAUTHBEARER",
      "enable.sasl.oauthbearer.unsecure.jwt": true,
      "sasl.oauthbearer.config": `principal=alice secret=${canary}`,
    },
  },
};

const cases = Object.keys(kinds).flatMap((kind) =>
  Object.keys(security).map((name) => [kind, name] as const),
);

test.each(cases)("%s with %s: client, log at its most talkative, statistics, errors", async (kind, name) => {
  // Refuses connections after the first bytes, so that there are errors as well.
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => void socket.end() },
  });
  const seen: unknown[] = [];
  const all = Promise.withResolvers<void>();
  const given = security[name]!;
  const client = kinds[kind]!({
    brokers: `127.0.0.1:${server.port}`,
    ...given,
    librdkafka: { ...given.librdkafka, debug: "all" },
    statisticsIntervalMs: 50,
    onLog: (line) => void seen.push(line),
    onError: (error) => void seen.push(error),
    onStatistics: (statistics) => {
      seen.push(statistics);
      all.resolve();
    },
  });
  await all.promise;
  seen.push(client);
  await client[Symbol.asyncDispose]();
  server.stop(true);
  const text = seen.map(printed).join("\n");
  expect(text.length).toBeGreaterThan(5_000);
  // Not `toContain`: the failure would print it all.
  expect(text.includes(canary)).toBe(false);
});

const pem = (label: string) => `-----BEGIN ${label}-----\n${canary}\n-----END ${label}-----\n`;

test.each<[string, unknown]>([
  ["an unknown option", { sasl: { mechanism: "PLAIN", username: "alice", password: canary, extra: 1 } }],
  ["a misspelt property", { librdkafka: { "sasl.pasword": canary } }],
  ["a Java property", { librdkafka: { "sasl.jaas.config": canary } }],
  ["a value of the wrong type", { librdkafka: { "sasl.password": [canary] } }],
  [
    "a password where the mechanism belongs",
    { sasl: { mechanism: canary, username: "alice", password: canary } },
  ],
  [
    "a value that librdkafka quotes",
    { librdkafka: { "sasl.password": canary, "sasl.mechanism": `${canary},x` } },
  ],
  ["a token where the function belongs", { sasl: { mechanism: "OAUTHBEARER", token: canary } }],
  ["a key that is none", { tls: { cert: pem("CERTIFICATE"), key: pem("PRIVATE KEY") } }],
  ["a key as a file", { tls: { certFile: import.meta.path, keyFile: pem("PRIVATE KEY") } }],
  ["a password of no key", { tls: { keyPassword: canary } }],
  [
    "a keystore that is none",
    { tls: true, librdkafka: { "ssl.keystore.location": import.meta.path, "ssl.keystore.password": canary } },
  ],
])("the refusal of %s", (_, options) => {
  for (const create of Object.values(kinds)) {
    let refusal: unknown;
    try {
      create({ brokers: "127.0.0.1:1", ...(options as object) });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Error);
    expect(printed(refusal).includes(canary)).toBe(false);
  }
});
