/** `--help`, written from the commands themselves. */
import type { Command, OptionSpec } from "./command.ts";
import { COMMON_OPTIONS } from "./command-line.ts";
import { EXIT_CODES } from "./exit-code.ts";

/** How a user calls it from the project's folder. */
export const PROGRAM = "bun run orders";

/** Help on everything, on the commands that begin with a word, or on one command. */
export function helpText(about: Command | string | undefined, commands: readonly Command[]): string {
  if (about === undefined) return overview(commands);
  if (typeof about === "string") return overview(commands.filter(({ name }) => name.startsWith(`${about} `)));
  return onCommand(about);
}

function overview(commands: readonly Command[]): string {
  return [
    `Usage: ${PROGRAM} COMMAND [options]`,
    "Looks at a Kafka cluster and its consumer groups, and steers them: this project's own or any other.",
    `Commands:\n${columns(commands.map((command) => [synopsis(command), command.summary]))}`,
    `Options of every command:\n${columns(COMMON_OPTIONS.map(optionLine))}`,
    exitCodes(),
    `Examples:\n${examples(commands.flatMap((command) => command.examples.slice(0, 1)))}`,
    `More on one command: ${PROGRAM} COMMAND --help`,
  ].join("\n\n");
}

function onCommand(command: Command): string {
  const options = [...command.options, ...COMMON_OPTIONS];
  return [
    `Usage: ${PROGRAM} ${synopsis(command)} [options]`,
    command.description,
    `Options:\n${columns(options.map(optionLine))}`,
    exitCodes(),
    `Examples:\n${examples(command.examples)}`,
  ].join("\n\n");
}

/** The command with what it can't do without. */
export function synopsis({ name, argument, options }: Command): string {
  const required = options.filter((option) => option.required).map(named);
  const words = argument ? [argument.count === "any" ? `[${argument.name}…]` : argument.name] : [];
  return [name, ...words, ...required].join(" ");
}

function named({ name, value, choices }: OptionSpec): string {
  return `--${name}${value ? ` ${choices?.join("|") ?? value}` : ""}`;
}

function optionLine(option: OptionSpec): [string, string] {
  return [named(option), `${option.description}${option.repeatable ? "; may be repeated" : ""}`];
}

function exitCodes(): string {
  return `Exit codes:\n${columns(EXIT_CODES.map(([code, meaning]) => [String(code), meaning]))}`;
}

function examples(lines: Command["examples"]): string {
  return lines.map(([line, what]) => `  ${PROGRAM} ${line}\n      ${what}`).join("\n");
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
