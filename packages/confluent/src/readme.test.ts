/** The README's tables name every method of the client, and what the client has not is not promised. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import client from "./index.js";

const readme = await Bun.file(join(import.meta.dir, "../README.md")).text();

const namesOf = (prototype: object): string[] =>
  Object.getOwnPropertyNames(prototype).filter((name) => !/^(_|constructor$|super_$)/.test(name));

const kafka = new client.KafkaJS.Kafka({ kafkaJS: { brokers: ["localhost:9092"] } });
const promised = [
  kafka,
  kafka.producer(),
  kafka.consumer({ kafkaJS: { groupId: "group" } }),
  kafka.admin(),
].flatMap((object) => namesOf(Object.getPrototypeOf(object)));
const called = [client.Producer, client.HighLevelProducer, client.KafkaConsumer].flatMap(({ prototype }) => [
  ...namesOf(prototype),
  ...namesOf(Object.getPrototypeOf(prototype)),
]);

test("every method of the client is in the tables", () => {
  const tables = readme.split("\n").filter((line) => line.startsWith("|"));
  const missing = [...new Set([...promised, ...called])].filter(
    (name) => !tables.some((line) => line.includes(`\`${name}\``)),
  );
  expect(missing).toEqual([]);
});

test("the programs it points to print what they are expected to", async () => {
  const programs = [...new Bun.Glob("*.cjs").scanSync(join(import.meta.dir, "../programs"))]
    .filter((file) => file !== "support.cjs")
    .map((file) => file.replace(".cjs", ".txt"));
  const expected = [...new Bun.Glob("*.txt").scanSync(join(import.meta.dir, "../programs/expected"))];
  expect(expected.sort()).toEqual(programs.sort());
});
