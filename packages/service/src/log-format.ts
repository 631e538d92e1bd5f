/**
 * A log record as one line. Whatever it carries, it stays one line and can't steer a terminal: control characters,
 * line separators, text-direction marks and half surrogates are written as escapes.
 */
import type { LogRecord } from "@logtape/logtape";
import type { LogFormat } from "./common-settings.ts";

/** Longest value in a line, in UTF-16 units; the rest is cut off and said so. */
const VALUE_MAX_LENGTH = 4000;

export type LineFormatter = (record: LogRecord) => string;

export function lineFormatter(format: LogFormat): LineFormatter {
  return format === "json" ? jsonLine : prettyLine;
}

function prettyLine(record: LogRecord): string {
  const properties = extraProperties(record).map(([key, value]) => `${key}=${prettyProperty(value)}`);
  const head = [
    new Date(record.timestamp).toISOString(),
    record.level.toUpperCase().padEnd(7),
    record.category.join("."),
  ];
  return escapeControls([...head, messageOf(record), ...properties].join(" "));
}

function jsonLine(record: LogRecord): string {
  const head = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: record.category.join("."),
    message: messageOf(record),
  };
  const properties = Object.fromEntries(extraProperties(record).map(([key, value]) => [key, plain(value)]));
  // Twice: first for its place at the front of the line, then because a property of the same name must not win.
  return escapeControls(JSON.stringify(Object.assign({}, head, properties, head)));
}

function messageOf({ message }: LogRecord): string {
  return message.map((part, index) => (index % 2 === 0 ? String(part) : textOf(part))).join("");
}

/** The properties that the message's own `{placeholders}` do not show already. */
function extraProperties({ rawMessage, properties }: LogRecord): [string, unknown][] {
  return Object.entries(properties).filter(
    ([key]) => typeof rawMessage !== "string" || !rawMessage.includes(`{${key}}`),
  );
}

function prettyProperty(value: unknown): string {
  const words = textOf(value);
  const isBare = typeof value === "string" || value instanceof Error ? /^[\w./:@+,-]+$/.test(words) : true;
  return isBare ? words : JSON.stringify(words);
}

function textOf(value: unknown): string {
  const known = plain(value);
  if (typeof known === "string") return known;
  if (value instanceof Error) return shorten(errorText(value));
  return shorten(JSON.stringify(known) ?? String(known));
}

/** The name of a mere `Error` says nothing, and some errors have theirs in the message already. */
function errorText({ name, message }: Error): string {
  return name === "Error" || message.includes(name) ? message : `${name}: ${message}`;
}

/** A value that JSON can hold: errors by name and message, big integers as text, what can't be written said so. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return shorten(value);
  if (value instanceof Error) {
    const code = "code" in value ? { code: value.code } : {};
    return { name: value.name, message: shorten(value.message), ...code };
  }
  try {
    const written = JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));
    if (written === undefined) return String(value);
    return written.length > VALUE_MAX_LENGTH ? shorten(written) : JSON.parse(written);
  } catch {
    return "(a value that JSON can't hold)";
  }
}

function shorten(words: string): string {
  const excess = words.length - VALUE_MAX_LENGTH;
  return excess > 0 ? `${words.slice(0, VALUE_MAX_LENGTH)}… (${excess} more)` : words;
}

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** The text with everything that could break a line or steer a terminal as `\uXXXX`. */
export function escapeControls(words: string): string {
  const escaped = words.replace(UNSAFE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return escaped.isWellFormed() ? escaped : escaped.toWellFormed();
}
