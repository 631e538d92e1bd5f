/**
 * A property's value on its way into librdkafka, which takes text: what is no value of the property's kind is held back here, because as text
 * it would be misread without a word. `rd_kafka_conf_set` reads `5x` as 5, `010` as 8, 1.5 as 1 and 2^32 as 0. Text that says the right thing
 * (`"5"`, `"true"`) is taken; ranges and words are librdkafka's to judge.
 */
import { type PropertyKind, propertyKinds } from "./properties.generated.ts";

/** What a property takes; undefined for a name that is not librdkafka's own (a plugin's, or a slip). */
export function propertyKind(name: string): PropertyKind | undefined {
  return Object.hasOwn(propertyKinds, name)
    ? (propertyKinds as Record<string, PropertyKind>)[name]
    : undefined;
}

/** The text for `rd_kafka_conf_set`, or null for a value the property can't have. */
export function propertyText(name: string, value: unknown): string | null {
  // In C a NUL ends the text.
  if (typeof value === "string" && value.includes("\0")) return null;
  const kind = propertyKind(name);
  const accepts = kind === undefined ? isPrimitive : takes[typeof kind === "string" ? kind : "string"];
  return accepts(value) ? String(value) : null;
}

const largestInteger = 2 ** 31 - 1;

const takes = {
  boolean: (value: unknown) =>
    typeof value === "boolean" || value === 0 || value === 1 || typeof value === "string",
  integer: (value: unknown) =>
    typeof value === "number" ? isInteger(value) : typeof value === "string" && readsAsInteger(value),
  float: (value: unknown) =>
    typeof value === "number" ? Number.isFinite(value) : typeof value === "string" && readsAsNumber(value),
  string: (value: unknown) =>
    typeof value === "string" || (typeof value === "number" && Number.isFinite(value)),
} as const;

function isPrimitive(value: unknown): boolean {
  return typeof value === "boolean" || takes.string(value);
}

function isInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= largestInteger;
}

/** Words may stand for integers (`acks` takes `all`): librdkafka knows which. */
function readsAsInteger(text: string): boolean {
  if (!/^\s*[+-]?\d/.test(text)) return true;
  return /^\s*([+-]?(0|[1-9]\d*)|0x[0-9a-f]+)$/i.test(text) && isInteger(Number(text));
}

function readsAsNumber(text: string): boolean {
  return !/^\s*[+-]?[\d.]/.test(text) || Number.isFinite(Number(text));
}
