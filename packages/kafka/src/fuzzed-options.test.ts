/** Any options at all: a client that closes cleanly, or an error that says what is wrong. Never a crash, never a handle left. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createAdmin } from "./admin.ts";
import { createConsumer } from "./consumer.ts";
import { KafkaError } from "./error.ts";
import { propertyKinds, propertyNames } from "./native/properties.generated.ts";
import { createProducer } from "./producer.ts";
import { useCluster } from "./test-cluster.ts";
import { liveHandles } from "./testing/index.ts";
import { createTransactionalProducer } from "./transaction.ts";

setDefaultTimeout(30_000);

const { cluster } = useCluster({ topics: { orders: 1 } });
const before = liveHandles();

const quiet = { onLog: () => undefined, onError: () => undefined };
const sound = {
  producer: () => ({ brokers: cluster.brokers, ...quiet }),
  "transactional producer": () => ({ brokers: cluster.brokers, transactionalId: "fuzzed", ...quiet }),
  consumer: () => ({
    brokers: cluster.brokers,
    groupId: "fuzzed",
    topics: ["orders"],
    autoOffsetReset: "earliest",
    ...quiet,
  }),
  admin: () => ({ brokers: cluster.brokers, ...quiet }),
} as const;
const create = {
  producer: createProducer,
  "transactional producer": createTransactionalProducer,
  consumer: createConsumer,
  admin: createAdmin,
} as const;
type Client = keyof typeof create;
const clients = Object.keys(create) as Client[];

/** Creates and closes. Says what the options came to. */
async function tryOut(client: Client, options: unknown): Promise<"taken" | "refused"> {
  try {
    const created = (create[client] as (options: unknown) => { close(): Promise<void> })(options);
    await created.close();
    return "taken";
  } catch (error) {
    expect(error).toBeInstanceOf(KafkaError);
    const { name, message } = error as KafkaError;
    expect(name).toMatch(/^_(INVALID_ARG|CRIT_SYS_RESOURCE)$/);
    expect(message.length).toBeWithin("configure: ".length + 10, 1_500);
    return "refused";
  } finally {
    expect(liveHandles()).toEqual(before);
  }
}

const ownNames = [
  ...["brokers", "clientId", "onLog", "onError", "onStatistics", "statisticsIntervalMs", "librdkafka", "tls"],
  ...["sasl", "acks", "idempotent", "compression", "partitioner", "lingerMs", "deliveryTimeoutMs", "topics"],
  ...[
    "maxQueuedRecords",
    "maxQueuedBytes",
    "transactionalId",
    "transactionTimeoutMs",
    "groupId",
    "partitions",
  ],
  ...["autoOffsetReset", "isolation", "maxBatchRecords", "groupInstanceId", "groupProtocol", "assignor"],
  ...[
    "sessionTimeoutMs",
    "onAssigned",
    "onRevoked",
    "onLost",
    "drainTimeoutMs",
    "onEnd",
    "onStall",
    "stallTimeoutMs",
  ],
  "timeoutMs",
];
const prototypeNames = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "then"];
/** Of librdkafka, to be set by C programs only, or not at all. */
const dedicatedNames = ["opaque", "log_cb", "rebalance_cb", "default_topic_conf", "interceptors", "open_cb"];

const anyName = fc.oneof(
  fc.constantFrom(...prototypeNames, ...dedicatedNames, ...ownNames),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\0", "linger.ms\0", "a\0b", "ﬃ", "\ud800", "x".repeat(100_000)),
);
const anyValue = fc.oneof(
  { weight: 3, arbitrary: fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      ...[Number.NaN, Number.POSITIVE_INFINITY, -0, -1, 2 ** 31, 2 ** 53, 1e308, 5e-324, 10n ** 40n],
      ...["", "\0", "a\0b", "\ud800", "1e9", "0x7fffffff", "99999999999999999999", "x".repeat(100_000)],
      ...[Symbol("s"), () => undefined, async () => undefined, [], [[]], {}, Object.create(null), null],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
/** What these do is not a question of types: they run commands, load code and reach out to files and servers. */
const reachesOut =
  /^(plugin\.|sasl\.kerberos|ssl\.engine|ssl\.providers|test\.mock|bootstrap|metadata\.broker|builtin)/;
const propertyName = fc.constantFrom(...propertyNames.filter((name) => !reachesOut.test(name)));

/** An own property of whatever name, `__proto__` among them. */
function own(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

const client = fc.constantFrom(...clients);

test("anything in place of the options", async () => {
  for (const nothing of [undefined, null, 5, "brokers", [], true, Symbol("s"), () => undefined]) {
    for (const name of clients) expect(await tryOut(name, nothing)).toBe("refused");
  }
});

test("anything as a client's own options", async () => {
  const entry = fc.tuple(fc.oneof(fc.constantFrom(...ownNames), anyName), anyValue);
  await fc.assert(
    fc.asyncProperty(client, fc.array(entry, { minLength: 1, maxLength: 2 }), async (name, entries) => {
      await tryOut(name, Object.assign(own(Object.entries(sound[name]())), own(entries)));
    }),
    { numRuns: 600 },
  );
});

test("anything as librdkafka's properties", async () => {
  const entry = fc.tuple(fc.oneof({ weight: 2, arbitrary: propertyName }, anyName), anyValue);
  await fc.assert(
    fc.asyncProperty(client, fc.array(entry, { minLength: 1, maxLength: 2 }), async (name, entries) => {
      await tryOut(name, { ...sound[name](), librdkafka: own(entries) });
    }),
    { numRuns: 600 },
  );
});

test("what is of the right type and within its range: taken, or refused in words", async () => {
  const outcomes = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(client, fc.array(inRange(), { maxLength: 3 }), async (name, entries) => {
      outcomes[await tryOut(name, { ...sound[name](), librdkafka: own(entries) })]++;
    }),
    { numRuns: 150 },
  );
  expect(outcomes.taken).toBeGreaterThan(20);
});

/** A property with a value that its docstring allows, small enough that a client with it can be had many times. */
function inRange(): fc.Arbitrary<readonly [string, unknown]> {
  return propertyName.chain((name) => {
    const kind = propertyKinds[name];
    const value: fc.Arbitrary<unknown> = Array.isArray(kind)
      ? fc.constantFrom(...kind)
      : kind === "boolean"
        ? fc.boolean()
        : kind === "integer"
          ? fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1_000, max: 100_000 }))
          : kind === "float"
            ? fc.double({ min: 0, max: 1_000, noNaN: true })
            : fc.stringMatching(/^[a-z0-9.-]{1,20}$/);
    return fc.tuple(fc.constant(name), value);
  });
}
