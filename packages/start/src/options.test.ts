import { expect, test } from "bun:test";
import { type ClusterChoice, readOptions, USAGE, UsageError } from "./options.ts";

const choices: readonly (readonly [string, Record<string, string>, ClusterChoice])[] = [
  ["", {}, { kind: "embedded" }],
  ["", { KAFKA_BROKER: "" }, { kind: "embedded" }],
  ["--kafka", {}, { kind: "apache", nodes: undefined, dataDir: undefined }],
  ["--kafka --nodes 1", {}, { kind: "apache", nodes: 1, dataDir: undefined }],
  ["--kafka --nodes=3", { KAFKA_BROKER: " " }, { kind: "apache", nodes: 3, dataDir: undefined }],
  ["--kafka --data here", {}, { kind: "apache", nodes: undefined, dataDir: "here" }],
  ["", { KAFKA_BROKER: "a:9092,b:9092" }, { kind: "given", brokers: "a:9092,b:9092" }],
];
test.each(choices)("bun start %s with %j runs on %j", (line, environment, cluster) => {
  expect(readOptions(line.split(" ").filter(Boolean), environment)).toEqual({ help: false, cluster });
});

const refused: readonly (readonly [string, Record<string, string>, string])[] = [
  ["--kafka", { KAFKA_BROKER: "a:9092" }, "unset KAFKA_BROKER"],
  ["--nodes 3", { KAFKA_BROKER: "a:9092" }, "unset KAFKA_BROKER"],
  ["--nodes 3", {}, "--nodes goes with --kafka"],
  ["--data here", {}, "--data goes with --kafka"],
  ["--data here", { KAFKA_BROKER: "a:9092" }, "unset KAFKA_BROKER"],
  ["", { KAFKA_SECURITY_PROTOCOL: "SASL_SSL" }, "is for a cluster of yours"],
  ["--kafka --data=", {}, "--data is empty"],
  ["--kafka --nodes 2", {}, '--nodes must be 1 or 3, not "2"'],
  ["--kafka --nodes", {}, "--nodes"],
  ["--kafak", {}, "--kafak"],
  ["embedded", {}, "embedded"],
];
test.each(refused)("bun start %s with %j is refused", (line, environment, reason) => {
  const read = () => readOptions(line.split(" ").filter(Boolean), environment);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(reason);
});

test("help wins over everything that parses, and names every option", () => {
  expect(readOptions(["--nodes", "7", "-h"], { KAFKA_BROKER: "a:9092" })).toEqual({ help: true });
  for (const option of ["--kafka", "--nodes", "--data", "--help", "KAFKA_BROKER"])
    expect(USAGE).toContain(option);
});
