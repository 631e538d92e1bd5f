import { describe, expect, test } from "bun:test";
import { readArguments, USAGE } from "./arguments.ts";
import { BrokerError } from "./error.ts";

const read = (line: string) => readArguments(line === "" ? [] : line.split(" "));

describe("readArguments", () => {
  test("Apache Kafka with its defaults open", () => {
    expect(read("")).toEqual({
      kind: "apache",
      nodes: undefined,
      port: undefined,
      dataDir: undefined,
      clean: false,
    });
    expect(read("--nodes 3 --port 9192 --data d --clean")).toEqual({
      ...{ kind: "apache", nodes: 3, port: 9192, dataDir: "d", clean: true },
    });
  });

  test("the embedded cluster and its topics", () => {
    expect(read("--embedded")).toEqual({ kind: "embedded", topics: {} });
    expect(read("--embedded --topic a=1 --topic b.c=12")).toEqual({
      kind: "embedded",
      topics: { a: 1, "b.c": 12 },
    });
  });

  test("a tool gets its arguments as they are", () => {
    expect(read("kafka-topics --list --help")).toEqual({
      kind: "tool",
      tool: "kafka-topics",
      args: ["--list", "--help"],
    });
  });

  test("help, however asked for", () => {
    expect(read("--help")).toEqual({ kind: "help" });
    expect(read("--nodes 7 -h")).toEqual({ kind: "help" });
    expect(USAGE).toContain("kafka-consumer-groups");
  });

  test.each([
    ["--nodes 2", '--nodes is "2"'],
    ["--port 0", '--port is "0"'],
    ["--port 65536", '--port is "65536"'],
    ["--port 90x", '--port is "90x"'],
    ["--port", "--port"],
    ["--nodes --clean", "--nodes"],
    ["--wat", "--wat"],
    ["--clean yes", "yes"],
    ["kafka-topic --list", '"kafka-topic" is no tool'],
    ["toString", '"toString" is no tool'],
    ["--embedded --nodes 3", "--nodes is for Apache Kafka"],
    ["--embedded --clean", "--clean is for Apache Kafka"],
    ["--topic a=1", "--topic goes with --embedded"],
    ["--embedded --topic a", '--topic is "a"'],
    ["--embedded --topic a=0", '--topic is "a=0"'],
  ])("%s is refused, and named", (line, said) => {
    expect(() => read(line)).toThrow(BrokerError);
    expect(() => read(line)).toThrow(said);
  });
});
