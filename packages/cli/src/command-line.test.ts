import { expect, test } from "bun:test";
import fc from "fast-check";
import { findCommand, readCommandLine } from "./command-line.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODE, UsageError } from "./exit-code.ts";

const read = (line: string) => readCommandLine(line.split(" ").filter(Boolean), COMMANDS);

function runOf(line: string) {
  const request = read(line);
  if (request.kind !== "run") throw new Error(`"${line}" is not run`);
  return request;
}

test("words, argument, options and flags come apart, in any order", () => {
  const { command, given } = runOf(
    "offsets reset --to latest my-group --topic a --topic=b --execute --brokers k:1 --json",
  );
  expect(command.name).toBe("offsets reset");
  expect(given.arguments).toEqual(["my-group"]);
  expect(given.value("to")).toBe("latest");
  expect(given.values("topic")).toEqual(["a", "b"]);
  expect([given.flag("execute"), given.flag("json"), given.flag("join")]).toEqual([true, true, false]);
  expect(given.value("brokers")).toBe("k:1");
  expect(runOf("lag").given.arguments).toEqual([]);
  expect(runOf("lag a b").given.arguments).toEqual(["a", "b"]);
  expect(runOf("lag -- --odd").given.arguments).toEqual(["--odd"]);
});

test.each([
  ["", "which command? --help lists them"],
  ["lga", 'there is no command "lga"; did you mean lag?'],
  ["Lag", 'there is no command "Lag"; did you mean lag?'],
  ["topic ls", 'there is no command "topic"; did you mean topics?'],
  ["frobnicate", 'there is no command "frobnicate"; --help lists them'],
  ["topics descrieb", 'there is no command "topics descrieb"; did you mean describe?'],
  [
    "topics list",
    'there is no command "topics list"; there is: topics ls, topics describe, topics create, topics tail, topics sample',
  ],
  ["topics tial", 'there is no command "topics tial"; did you mean tail?'],
  ["topics", "topics what? There is: topics ls, topics describe, topics create, topics tail, topics sample"],
  ["--json lag", "the command comes first, before --json; --help lists them"],
  ["lag --jsno", "there is no option --jsno; did you mean --json?"],
  ["topics ls -x", "there is no option -x; there is: --brokers, --json, --help"],
  ["lag --json=yes", "--json takes no value"],
  ["lag --brokers", "--brokers needs a value: --brokers HOST:PORT"],
  ["lag --brokers --json", "--brokers needs a value: --brokers HOST:PORT"],
  ["lag --brokers a:1 --brokers b:1", "--brokers is given twice"],
  ["topics ls order-events", 'topics ls takes no arguments, and there is also "order-events"'],
  ["topics describe", "topics describe needs a NAME"],
  ["topics describe a b", 'topics describe takes one NAME, and there is also "b"'],
  ["offsets reset --to latest", "offsets reset needs a GROUP"],
  ["offsets reset g", "offsets reset needs --to WHERE"],
  ["offsets reset g --to", "--to needs a value: --to WHERE"],
  ["offsets reset g --to latest --exceute", "there is no option --exceute; did you mean --execute?"],
  ["help lgg", 'there is no command "lgg"; did you mean lag?'],
])("%p is refused in words", (line, reason) => {
  const refuse = () => read(line);
  expect(refuse).toThrow(UsageError);
  expect(refuse).toThrow(reason);
  expect(new UsageError("").exitCode).toBe(EXIT_CODE.badUsage);
});

test("an empty argument is refused: it would name no group", () => {
  expect(() => readCommandLine(["lag", ""], COMMANDS)).toThrow("lag: an argument is empty");
});

test.each([
  ["--help", undefined],
  ["-h", undefined],
  ["help", undefined],
  ["help lag", "lag"],
  ["help topics ls", "topics ls"],
  ["lag --help", "lag"],
  ["offsets reset -h", "offsets reset"],
  ["offsets reset --to latest g --help", "offsets reset"],
])("%p asks for help", (line, about) => {
  const request = read(line);
  expect(request).toMatchObject({ kind: "help" });
  expect(request.kind === "help" && request.about).toBe(
    about === undefined ? undefined : findCommand(about.split(" "), COMMANDS),
  );
});

test("help on the first of two words is on all that begin with it", () => {
  expect(read("topics --help")).toEqual({ kind: "help", about: "topics" });
  expect(read("help offsets")).toEqual({ kind: "help", about: "offsets" });
});

test("whatever is typed is run, helped or refused as bad usage", () => {
  const known = [
    "lag",
    "offsets",
    "reset",
    "topics",
    "ls",
    "describe",
    "help",
    "--to",
    "latest",
    "--json",
    "--help",
    "--topic",
    "-h",
    "--",
  ];
  const words = fc.array(fc.oneof(fc.constantFrom(...known), fc.string()), { maxLength: 8 });
  fc.assert(
    fc.property(words, (typed) => {
      try {
        readCommandLine(typed, COMMANDS);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
    { numRuns: 500 },
  );
});
