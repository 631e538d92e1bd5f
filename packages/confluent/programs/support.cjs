/**
 * What the programs have in common. Each does one kind of work with the client and prints what it saw, one line a fact; run on Node with the original addon
 * and on Bun with this package, both must print the same. Names carry a run's id, which is left out of what is printed.
 */
"use strict";

const Kafka = require("@confluentinc/kafka-javascript");

const run = process.env.PROGRAM_RUN ?? `run-${process.pid}`;
const brokers = process.env.PROGRAM_BROKERS;

/** A name of this run's own. */
const name = (what) => `${run}-${what}`;

/** Prints a fact. What differs from run to run is replaced by what it is. */
function show(label, ...values) {
  const text = values.map((value) => JSON.stringify(plain(value))).join(" ");
  console.log(`${label}: ${normal(text)}`);
}

function normal(text) {
  return text
    .replaceAll(run, "RUN")
    .replaceAll(brokers, "BROKER")
    .replaceAll(JSON.stringify(Number(brokers.split(":").at(-1))), "PORT")
    .replace(/rdkafka#(producer|consumer)-\d+/g, "rdkafka#$1-N")
    .replace(/confluent-kafka-javascript-[\w-]+/g, "CLIENT")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID");
}

/** As JSON can show it, with what JSON would lose. */
function plain(value) {
  if (value === undefined) return "<undefined>";
  if (typeof value === "bigint") return "<bigint>";
  if (typeof value === "function") return "<function>";
  if (Buffer.isBuffer(value)) return `<${value.toString()}>`;
  if (value instanceof Error) {
    const { name: kind, message, code, origin, isFatal, isRetriable, isTxnRequiresAbort } = value;
    return { kind, message, code, origin, isFatal, isRetriable, isTxnRequiresAbort };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
  }
  return value;
}

/** A call of `target[method](...args, callback)` as a promise. */
const call = (target, method, ...args) =>
  new Promise((resolve, reject) => {
    target[method](...args, (error, result) => (error ? reject(error) : resolve(result)));
  });

/** The error of a call, thrown or rejected; null if there was none. */
async function errorOf(work) {
  try {
    await work();
    return null;
  } catch (error) {
    return error;
  }
}

/** Waits until a condition holds. */
async function until(what, condition, deadlineMs = 45_000) {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Creates topics, and waits until they have leaders. */
async function createTopics(topics) {
  const admin = Kafka.AdminClient.create({ "bootstrap.servers": brokers });
  for (const [topic, partitions] of Object.entries(topics)) {
    await call(admin, "createTopic", { topic, num_partitions: partitions, replication_factor: 1 }, 10_000);
  }
  for (const topic of Object.keys(topics)) {
    await until(`${topic} has leaders`, async () => {
      const [described] = await call(admin, "describeTopics", [topic], { timeout: 5_000 });
      return !described.error && described.partitions.every(({ leader }) => leader && leader.id >= 0);
    });
  }
  admin.disconnect();
}

/** Runs a program; an error that it does not expect is printed, and ends it. */
function main(work) {
  work().catch((error) => {
    show("unexpected", error);
    console.error(error);
    process.exit(1);
  });
}

/** By the fields named, for what comes in no particular order. */
const sortedBy = (list, ...fields) =>
  [...list].sort((a, b) => {
    for (const field of fields) {
      if (a[field] < b[field]) return -1;
      if (a[field] > b[field]) return 1;
    }
    return 0;
  });

module.exports = { Kafka, brokers, call, createTopics, errorOf, main, name, show, sortedBy, until };
