/**
 * Where a command's words go: data to standard output, talk to standard error, so that a pipe gets the data and a person sees both. With
 * `--json` the data is one document; the talk stays.
 */
import { writeSync } from "node:fs";
import { type Cell, type Column, renderTable } from "./table.ts";

export interface Output {
  /** Whether `--json` was given: then `json` is for the data, and else `table`. */
  readonly isJson: boolean;
  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void;
  json(document: unknown): void;
  /** One of many documents, on a line of its own: for what comes one after the other (https://jsonlines.org). */
  jsonLine(document: unknown): void;
  /** A line of data for people. */
  line(text: string): void;
  /** Empties the screen, for a picture that is drawn anew; only where `styled`. */
  clear(): void;
  /** An empty line between two tables. */
  gap(): void;
  /** Whether colours and moving lines are wanted: standard output is a terminal. */
  readonly styled: boolean;
  /** A line for people, on standard error. */
  say(line: string): void;
}

export interface OutputOptions {
  readonly isJson: boolean;
  /** Whether standard output is a terminal that is to have colours. */
  readonly styled: boolean;
  readonly out?: (text: string) => void;
  readonly err?: (text: string) => void;
}

/** `out` is console and not a stream: what is printed is out when the call returns, and a reader that has gone away is no error. */
export function createOutput({ isJson, styled, out = console.log, err = sayToUser }: OutputOptions): Output {
  return {
    isJson,
    styled,
    table: (columns, rows) => out(renderTable(columns, rows, { styled })),
    json: (document) => out(JSON.stringify(document, null, styled ? 2 : undefined)),
    jsonLine: (document) => out(JSON.stringify(document)),
    line: out,
    clear: () => out("\x1b[H\x1b[2J\x1b[3J\x1b[H"),
    gap: () => out(""),
    say: err,
  };
}

/** A line on standard error. Not by `console.error`, which paints everything red on a terminal: most of it is no error. */
export function sayToUser(line: string): void {
  try {
    writeSync(process.stderr.fd, `${line}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error; // nobody listens any more
  }
}

/** Colours are for a terminal whose user has not asked for none (https://no-color.org). */
export function wantsStyle(
  stream: { isTTY?: boolean },
  environment: Record<string, string | undefined>,
): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
}
