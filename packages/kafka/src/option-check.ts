/**
 * The clients' own options before anything is made of them: names that don't exist and values that can't be. TypeScript sees neither in
 * programs that are JavaScript, nor in options that were read from a file. What librdkafka has a say in (ranges, words) is left to it.
 */
import { invalidSetting, refuseUnknownNames } from "./invalid-setting.ts";

/** What a value must be, in words, and whether it is. */
type Rule = readonly [expected: string, holds: (value: unknown) => boolean];

const longestTimer = 2 ** 31 - 1;

const isText = (value: unknown) => typeof value === "string" && !value.includes("\0");
const isNumber = (value: unknown, least: number, most: number) =>
  typeof value === "number" && value >= least && value <= most;
const isWhole = (value: unknown, least: number, most: number) =>
  Number.isInteger(value) && isNumber(value, least, most);
const isList = (value: unknown, holds: (item: unknown) => boolean) =>
  Array.isArray(value) && value.every(holds);
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

const text: Rule = ["a string without NUL characters", isText];
const callback: Rule = ["a function", (value) => typeof value === "function"];
const yesOrNo: Rule = ["true or false", (value) => typeof value === "boolean"];
/** Durations that librdkafka takes. */
const wholeMs: Rule = ["a whole number of milliseconds", (value) => isWhole(value, 0, longestTimer)];
/** Durations that timers here take. */
const waitMs: Rule = ["a number of milliseconds from 0", (value) => isNumber(value, 0, longestTimer)];
const count: Rule = ["a whole number from 1", (value) => isWhole(value, 1, longestTimer)];
/** The fetcher keeps eighty bytes ready for each. */
const batchCount: Rule = ["a whole number from 1 to 1000000", (value) => isWhole(value, 1, 1_000_000)];
const oneOf = (...words: readonly unknown[]): Rule => [
  `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`,
  (value) => words.includes(value),
];

/** Topics' names, and partitions with where to begin. */
const isPartition = (value: unknown) => {
  if (!isObject(value)) return false;
  const { topic, partition, offset } = value as Record<string, unknown>;
  const isOffset = offset === undefined || (Number.isSafeInteger(offset) && Number(offset) >= -2);
  return isText(topic) && topic !== "" && isWhole(partition, 0, longestTimer) && isOffset;
};

const clientRules = {
  brokers: ['"host:port", or a list of them', (value) => isText(value) || isList(value, isText)],
  clientId: text,
  onLog: callback,
  onError: callback,
  onStatistics: callback,
  statisticsIntervalMs: wholeMs,
  librdkafka: ["an object of librdkafka's properties", isObject],
  // Judged where they are read: security.ts
  tls: ["true, false or an object", () => true],
  sasl: ["an object", () => true],
} as const satisfies Record<string, Rule>;

const sendingRules = {
  ...clientRules,
  compression: oneOf("none", "gzip", "snappy", "lz4", "zstd"),
  partitioner: oneOf(
    "random",
    "consistent",
    "consistent_random",
    "murmur2",
    "murmur2_random",
    "fnv1a",
    "fnv1a_random",
  ),
  lingerMs: waitMs,
  deliveryTimeoutMs: wholeMs,
  maxQueuedRecords: count,
  maxQueuedBytes: ["a number from 1", (value) => isNumber(value, 1, Number.MAX_SAFE_INTEGER)],
} as const satisfies Record<string, Rule>;

const rules = {
  producer: { ...sendingRules, acks: oneOf("all", 0, 1), idempotent: yesOrNo },
  "transactional producer": {
    ...sendingRules,
    transactionalId: text,
    transactionTimeoutMs: wholeMs,
    offsetsTimeoutMs: wholeMs,
  },
  consumer: {
    ...clientRules,
    groupId: text,
    topics: ["a list of names", (value) => isList(value, (name) => isText(name) && name !== "")],
    partitions: ["a list of { topic, partition, offset? }", (value) => isList(value, isPartition)],
    autoOffsetReset: oneOf("earliest", "latest", "error"),
    isolation: oneOf("read_committed", "read_uncommitted"),
    maxBatchRecords: batchCount,
    groupInstanceId: text,
    groupProtocol: oneOf("classic", "consumer"),
    assignor: oneOf("cooperative-sticky", "range", "roundrobin"),
    sessionTimeoutMs: wholeMs,
    onAssigned: callback,
    onRevoked: callback,
    onLost: callback,
    drainTimeoutMs: waitMs,
    onEnd: callback,
    onStall: callback,
    stallTimeoutMs: waitMs,
  },
  admin: { ...clientRules, timeoutMs: wholeMs },
} as const satisfies Record<string, Record<string, Rule>>;

/** The names that users of other clients try first. */
const elsewhere: Readonly<Record<string, string>> = {
  "bootstrap.servers": "brokers",
  bootstrapServers: "brokers",
  ssl: "tls",
  linger: "lingerMs",
  fromBeginning: "autoOffsetReset",
  sessionTimeout: "sessionTimeoutMs",
  isolationLevel: "isolation",
};

const needed: Readonly<Partial<Record<keyof typeof rules, readonly string[]>>> = {
  consumer: ["groupId", "autoOffsetReset"],
  "transactional producer": ["transactionalId"],
};

/** @throws KafkaError `_INVALID_ARG` naming the option, what it must be, and for an unknown one the nearest that exists; never its value */
export function checkOptions(client: keyof typeof rules, options: unknown): void {
  if (!isObject(options)) throw invalidSetting(`a ${client}'s options must be an object`);
  const own: Readonly<Record<string, Rule>> = rules[client];
  const given = options as Record<string, unknown>;
  refuseUnknownNames(`a ${client}`, given, Object.keys(own), elsewhere);
  for (const name of ["brokers", ...(needed[client] ?? [])]) {
    if (given[name] === undefined) throw invalidSetting(`${name} is missing: it must be ${own[name]![0]}`);
  }
  for (const [name, [expected, holds]] of Object.entries(own)) {
    const value = given[name];
    if (value !== undefined && !holds(value)) throw invalidSetting(`${name} must be ${expected}`);
  }
}
