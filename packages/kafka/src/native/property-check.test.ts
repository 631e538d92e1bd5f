/** Values of properties: what is refused, in which words, and that librdkafka never reads one otherwise than it was meant. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { KafkaError } from "../error.ts";
import { leavesNoHandles } from "../test-cluster.ts";
import { newConf, type Properties } from "./conf.ts";
import { cstring, NativeMemory, readString } from "./ffi.ts";
import { librdkafka } from "./library.ts";
import type { LibrdkafkaProperties } from "./properties.generated.ts";

leavesNoHandles();

/** The property's value after it was set, or the message of the refusal. */
function setAndGet(name: string, value: unknown): { value: string } | { refused: string } {
  try {
    using conf = newConf({ [name]: value } as Properties);
    const text = new NativeMemory(512);
    const size = new NativeMemory(8);
    size.setSize(0, text.size);
    librdkafka().rd_kafka_conf_get(conf.pointer, cstring(name), text.address, size.address);
    return { value: readString(text.address)! };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { refused: error.message };
  }
}

test.each([
  ["linger.ms", "soon", 'linger.ms must be a number, got "soon"'],
  ["linger.ms", "5x", 'linger.ms must be a number, got "5x"'],
  ["linger.ms", Number.NaN, "linger.ms must be a number, got NaN"],
  ["linger.ms", Number.POSITIVE_INFINITY, "linger.ms must be a number, got Infinity"],
  ["linger.ms", null, "linger.ms must be a number, got null"],
  ["linger.ms", true, "linger.ms must be a number, got a boolean"],
  ["linger.ms", () => 5, "linger.ms must be a number, got a function"],
  ["linger.ms", { ms: 5 }, "linger.ms must be a number, got an object"],
  ["linger.ms", 1e9, "outside allowed range 0..900000"],
  ["batch.size", 1.5, "batch.size must be a whole number, got 1.5"],
  ["batch.size", 2 ** 32 + 5, "batch.size must be a whole number, got 4294967301"],
  ["batch.size", "4294967301", 'batch.size must be a whole number, got "4294967301"'],
  ["batch.size", "010", 'batch.size must be a whole number, got "010"'],
  ["batch.size", 10n, "batch.size must be a whole number, got a bigint"],
  ["enable.idempotence", "yes", 'enable.idempotence must be true or false, got "yes"'],
  ["enable.idempotence", 2, "enable.idempotence must be true or false, got 2"],
  [
    "compression.type",
    "gzap",
    'compression.type must be one of "none", "gzip", "snappy", "lz4", "zstd", got "gzap"',
  ],
  ["client.id", ["a"], "client.id must be a string, got an array"],
  ["client.id", false, "client.id must be a string, got a boolean"],
  ["client.id", "a\0b", "client.id must not contain a NUL character"],
  ["sasl.password", 5n, "sasl.password must be a string, got a bigint"],
  ["sasl.pasword", "x", 'there is no property "sasl.pasword"; did you mean "sasl.password"?'],
  ["sasl.pasword", () => "x", 'there is no property "sasl.pasword"; did you mean "sasl.password"?'],
  ["ssl.truststore.location", "x", "Java TrustStores are not supported, use `ssl.ca.location`"],
])("%s: %p is refused", (name, value, message) => {
  expect(setAndGet(name, value)).toEqual({ refused: expect.stringContaining(message) });
});

test.each([
  ["linger.ms", 0.5, "0.5"],
  ["linger.ms", "5", "5"],
  ["batch.size", "0x10", "16"],
  ["acks", "all", "-1"],
  ["enable.idempotence", "T", "true"],
  ["enable.idempotence", 1, "true"],
  ["client.id", 42, "42"],
  ["security.protocol", "SASL_PLAINTEXT", "sasl_plaintext"],
  ["debug", "broker,security", "broker,security"],
])("%s: %p is taken", (name, value, read) => {
  expect(setAndGet(name, value)).toEqual({ value: read });
});

test("an integer is read as it was meant, or refused", () => {
  const number = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger());
  const text = fc.oneof(
    number.map(String),
    fc.string(),
    fc.tuple(number, fc.string()).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.oneof(number, text), (value) => {
      const result = setAndGet("socket.send.buffer.bytes", value);
      if ("value" in result) expect(Number(result.value)).toBe(Number(value) + 0);
    }),
  );
});

test("TypeScript knows names, types and words", () => {
  const taken: LibrdkafkaProperties = {
    "linger.ms": 5,
    "enable.idempotence": true,
    "security.protocol": "ssl",
  };
  expect(taken).toBeDefined();
  // @ts-expect-error there is no such property
  expect({ "linger.sm": 5 } satisfies LibrdkafkaProperties).toBeDefined();
  // @ts-expect-error a number
  expect({ "linger.ms": "5" } satisfies LibrdkafkaProperties).toBeDefined();
  // @ts-expect-error none of the words
  expect({ "security.protocol": "tls" } satisfies LibrdkafkaProperties).toBeDefined();
});
