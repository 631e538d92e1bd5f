/**
 * What a command is: its words, what may follow them, and the function that does the work. A command is one file in commands/; the
 * command line is read, checked and documented from what stands there, so a command never looks at `process.argv`.
 */
import type { Connection } from "./connection.ts";
import type { Output } from "./output.ts";

/** An option of the command line, `--name` or `--name VALUE`. */
export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in help, in capitals. Without it the option is a flag. */
  readonly value?: string;
  readonly description: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
  readonly required?: boolean;
  /** The only values there are. */
  readonly choices?: readonly string[];
}

/** What follows the command's words. */
export interface ArgumentSpec {
  /** What stands for it in help, in capitals. */
  readonly name: string;
  /** How many there may be. */
  readonly count: "one" | "any";
}

export interface Command {
  /** The words that call it: `offsets reset`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** What a user should know before using it. */
  readonly description: string;
  readonly argument?: ArgumentSpec;
  readonly options: readonly OptionSpec[];
  /** Each a command line without the program's name, and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Does the work. Returns the exit code; throws a `CommandError` for every other expected end. */
  run(given: Given, context: Context): Promise<number>;
}

/** What the user gave, checked against the command's argument and options. */
export interface Given {
  readonly arguments: readonly string[];
  flag(name: string): boolean;
  /** The value of an option, or undefined if it was not given. */
  value(name: string): string | undefined;
  /** Every value of a repeatable option, in order. */
  values(name: string): readonly string[];
}

/** What a command works with. */
export interface Context {
  readonly output: Output;
  /** All there are. */
  readonly commands: readonly Command[];
  /** Where the brokers were looked for, for messages. */
  readonly brokers: string;
  /** A connection that has been tried: the caller closes it. @throws CommandError when no broker answers */
  connect(): Promise<Connection>;
  /** Aborted at Ctrl-C or SIGTERM, from the first call on: for commands that go on until they are told to end. */
  interruption(): AbortSignal;
}
