/** The command line, read into what is to be done. Pure: the commands are given, nothing is looked up or started here. */
import { parseArgs } from "node:util";
import type { Command, Given, OptionSpec } from "./command.ts";
import { UsageError } from "./exit-code.ts";
import { didYouMean } from "./nearest.ts";

/** Options that every command has. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    name: "brokers",
    value: "HOST:PORT",
    description: "where Kafka is, several separated by commas (default: KAFKA_BROKER, else 127.0.0.1:9092)",
  },
  { name: "json", description: "one JSON document on standard output, for programs" },
  { name: "help", description: "this text" },
];

/** The short forms there are. */
const SHORT: Readonly<Record<string, string>> = { h: "help" };

export type Request =
  /** Help on one command, on all that begin with a word, or on everything. */
  | { readonly kind: "help"; readonly about: Command | string | undefined }
  | { readonly kind: "run"; readonly command: Command; readonly given: Given };

/**
 * Reads the words after the program's name.
 * @throws UsageError naming what can't be followed, and the nearest thing that can
 */
export function readCommandLine(words: readonly string[], commands: readonly Command[]): Request {
  const [first, ...rest] = words;
  if (first === "--help" || first === "-h") return { kind: "help", about: undefined };
  if (first === "help") return { kind: "help", about: subjectOfHelp(rest, commands) };
  const command = findCommand(words, commands);
  if (!command) {
    const family = familyOf(first, commands);
    if (family && words.some((word) => word === "--help" || word === "-h")) {
      return { kind: "help", about: first };
    }
    throw unknownCommand(words, commands);
  }
  const options = [...command.options, ...COMMON_OPTIONS];
  const { given, positionals } = readOptions(words.slice(command.name.split(" ").length), options);
  if (given.has("help")) return { kind: "help", about: command };
  checkArguments(command, positionals);
  checkRequired(command, given);
  return { kind: "run", command, given: createGiven(positionals, given) };
}

function subjectOfHelp(words: readonly string[], commands: readonly Command[]): Command | string | undefined {
  if (words.length === 0) return undefined;
  const command = commands.find(({ name }) => name === words.join(" "));
  if (command) return command;
  if (words.length === 1 && familyOf(words[0], commands)) return words[0];
  throw unknownCommand(words, commands);
}

/** The command that these words begin with. */
export function findCommand(words: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands.find(({ name }) => name.split(" ").every((word, i) => words[i] === word));
}

/** The commands of two words that begin with this one, or undefined if there are none. */
function familyOf(word: string | undefined, commands: readonly Command[]): readonly Command[] | undefined {
  const family = commands.filter(({ name }) => word !== undefined && name.startsWith(`${word} `));
  return family.length > 0 ? family : undefined;
}

function unknownCommand(words: readonly string[], commands: readonly Command[]): UsageError {
  const [first, second] = words;
  if (first === undefined) return new UsageError("which command? --help lists them");
  if (first.startsWith("-"))
    return new UsageError(`the command comes first, before ${first}; --help lists them`);
  const family = familyOf(first, commands);
  if (family) {
    const there = family.map(({ name }) => name.slice(first.length + 1));
    if (second === undefined || second.startsWith("-")) {
      return new UsageError(`${first} what? There is: ${family.map(({ name }) => name).join(", ")}`);
    }
    return new UsageError(
      `there is no command "${first} ${second}"${didYouMean(second, there) || `; there is: ${family.map(({ name }) => name).join(", ")}`}`,
    );
  }
  const known = commands.flatMap(({ name }) => [name, name.split(" ")[0]!]);
  return new UsageError(`there is no command "${first}"${didYouMean(first, known) || "; --help lists them"}`);
}

type Options = ReadonlyMap<string, readonly string[]>;

/** Tokens are read here and not by `strict`, whose messages name neither the value that is missing nor the nearest option. */
function readOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
): { given: Options; positionals: string[] } {
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options: Object.fromEntries([
      ...specs.map(({ name, value }) => [name, { type: value ? ("string" as const) : ("boolean" as const) }]),
    ]),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = specs.find(({ name }) => name === (SHORT[token.name] ?? token.name));
    if (!spec) throw unknownOption(token.rawName, specs);
    const values = given.get(spec.name) ?? [];
    if (values.length > 0 && spec.value && !spec.repeatable)
      throw new UsageError(`--${spec.name} is given twice`);
    given.set(spec.name, [...values, readValue(spec, token.value, token.inlineValue ?? false)]);
  }
  return { given, positionals };
}

/** @throws UsageError where a flag has a value, or an option has none or not one of its choices */
function readValue(spec: OptionSpec, value: string | undefined, inline: boolean): string {
  if (!spec.value) {
    if (value !== undefined) throw new UsageError(`--${spec.name} takes no value`);
    return "";
  }
  const choices = spec.choices ? ` (${spec.choices.join(" or ")})` : "";
  if (value === undefined || value === "" || (!inline && value.startsWith("-"))) {
    throw new UsageError(`--${spec.name} needs a value: --${spec.name} ${spec.value}${choices}`);
  }
  if (spec.choices && !spec.choices.includes(value)) {
    const hint = didYouMean(value, spec.choices);
    throw new UsageError(`--${spec.name} is "${value}": it takes ${spec.choices.join(" or ")}${hint}`);
  }
  return value;
}

function unknownOption(rawName: string, specs: readonly OptionSpec[]): UsageError {
  const names = specs.map(({ name }) => `--${name}`);
  return new UsageError(
    `there is no option ${rawName}${didYouMean(rawName, names) || `; there is: ${names.join(", ")}`}`,
  );
}

function checkArguments({ name, argument }: Command, positionals: readonly string[]): void {
  if (positionals.includes("")) throw new UsageError(`${name}: an argument is empty`);
  const most = argument === undefined ? 0 : argument.count === "one" ? 1 : Number.POSITIVE_INFINITY;
  if (positionals.length > most) {
    const takes = argument === undefined ? "takes no arguments" : `takes one ${argument.name}`;
    throw new UsageError(`${name} ${takes}, and there is also "${positionals[most]}"`);
  }
  if (argument?.count === "one" && positionals.length === 0) {
    throw new UsageError(`${name} needs a ${argument.name}`);
  }
}

function checkRequired({ name, options }: Command, given: Options): void {
  const missing = options.find((option) => option.required && !given.has(option.name));
  if (!missing) return;
  const choices = missing.choices ? ` (${missing.choices.join(" or ")})` : "";
  throw new UsageError(`${name} needs --${missing.name} ${missing.value}${choices}`);
}

function createGiven(positionals: readonly string[], given: Options): Given {
  return {
    arguments: positionals,
    flag: (name) => given.has(name),
    value: (name) => given.get(name)?.[0],
    values: (name) => given.get(name) ?? [],
  };
}
