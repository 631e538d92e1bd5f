import { describe, expect, test } from "bun:test";
import { parseArguments, UsageError } from "./arguments.ts";

const known = {
  scenarios: ["client-produce", "client-consume", "http-order"],
  peers: ["c", "kafkajs", "java"],
  defaultPeers: ["c"],
};
const parse = (...argv: string[]) => parseArguments(argv, known);

describe("scenarios", () => {
  test("without names all of them, in order", () => {
    expect(parse().scenarios).toEqual(known.scenarios);
  });

  test("a prefix names its group, repeats count once", () => {
    expect(parse("http-order", "client", "client-consume").scenarios).toEqual(known.scenarios);
    expect(parse("client").scenarios).toEqual(["client-produce", "client-consume"]);
  });

  test("half a word is no prefix", () => {
    expect(() => parse("cli")).toThrow(UsageError);
  });
});

describe("peers", () => {
  test.each([
    [[], ["c"]],
    [
      ["--peers", "all"],
      ["c", "kafkajs", "java"],
    ],
    [["--peers", "none"], []],
    [
      ["--peers", "java, c"],
      ["c", "java"],
    ],
  ])("%p", (argv, peers) => {
    expect(parse(...argv).peers).toEqual(peers);
  });

  test("an unknown one is named", () => {
    expect(() => parse("--peers", "c,rust")).toThrow('There is no peer "rust"');
  });
});

describe("numbers", () => {
  test("are read with underscores, and have defaults", () => {
    expect(parse("--records", "2_000_000", "--seconds=1.5")).toMatchObject({
      records: 2_000_000,
      seconds: 1.5,
      rounds: 3,
    });
  });

  test("without any argument all is run once and briefly", () => {
    expect(parse()).toMatchObject({ seconds: 2, records: 300_000, rounds: 1 });
    expect(parse("--check")).toMatchObject({ seconds: 2, rounds: 1 });
    expect(parse("client")).toMatchObject({ seconds: 5, records: undefined, rounds: 3 });
  });

  test.each([
    ["--rounds", "0"],
    ["--rounds", "1.5"],
    ["--records", "many"],
    ["--seconds", "-1"],
  ])("%s %s is refused", (name, value) => {
    expect(() => parse(name, value)).toThrow(UsageError);
  });

  test("an unknown option is refused", () => {
    expect(() => parse("--round", "2")).toThrow("--round");
  });
});
