import { expect, test } from "bun:test";
import fc from "fast-check";
import { KEY_MAX_CHARACTERS, readIdempotencyKey } from "./idempotency-key.ts";

const read = (field: string) => readIdempotencyKey(new Headers({ "idempotency-key": field }));

test("without the header there is no key", () => {
  expect(readIdempotencyKey(new Headers())).toBeUndefined();
});

test.each([
  ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', "8e03978e-40d5-43e8-bc93-6894a57f9324"],
  ["8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"],
  ["order:7/2=", "order:7/2="],
  [' "a, b" ', "a, b"],
  [String.raw`"\"\\"`, String.raw`"\ `.trim()],
  ["a".repeat(KEY_MAX_CHARACTERS), "a".repeat(KEY_MAX_CHARACTERS)],
])("%s is a key", (field, key) => {
  expect(read(field)).toBe(key);
});

test.each([
  "",
  '""',
  '"',
  '"a',
  'a"',
  '"a"b"',
  String.raw`"\a"`,
  String.raw`"a\"`,
  "a b",
  "a,b",
  '"a", "b"',
  '"a";v=1',
  '"ä"',
  "é",
  "a".repeat(KEY_MAX_CHARACTERS + 1),
  `"${"a".repeat(KEY_MAX_CHARACTERS + 1)}"`,
])("%s is none", (field) => {
  expect(read(field)).toBeNull();
});

test("two headers are no key", () => {
  const headers = new Headers({ "idempotency-key": "a" });
  headers.append("idempotency-key", "a");
  expect(readIdempotencyKey(headers)).toBeNull();
});

test("every string of the draft comes back as it was", () => {
  const printable = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: KEY_MAX_CHARACTERS,
  });
  fc.assert(
    fc.property(printable, (key) => {
      expect(read(`"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`)).toBe(key);
    }),
  );
});
