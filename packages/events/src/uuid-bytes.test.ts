import { expect, test } from "bun:test";
import { createRandomWords, UUID_BYTES, writeNewUuid } from "./uuid-bytes.ts";

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("each is a UUID of version 4, no two are alike, and nothing around it is touched", () => {
  const seen = new Set<string>();
  const target = Buffer.alloc(UUID_BYTES + 2, "?");
  for (let count = 0; count < 10_000; count++) {
    writeNewUuid(target, 1);
    const text = target.toString("latin1");
    expect(text[0]).toBe("?");
    expect(text.at(-1)).toBe("?");
    expect(text.slice(1, -1)).toMatch(VERSION_4);
    seen.add(text);
  }
  expect(seen.size).toBe(10_000);
});

test("all bits but those of version and variant come from the random words, each used once", () => {
  const drawn: number[] = [];
  const word = createRandomWords((words) => {
    for (let at = 0; at < words.length; at++) words[at] = Math.imul(drawn.length + at + 1, 0x9e37_79b1);
    for (const each of words.toReversed()) drawn.push(each);
  });
  const target = Buffer.alloc(UUID_BYTES);
  // More than are drawn at once.
  for (let count = 0; count < 3000; count++) {
    writeNewUuid(target, 0, word);
    const bytes = Buffer.alloc(16);
    for (let at = 0; at < 4; at++) bytes.writeInt32BE(drawn[count * 4 + at]!, at * 4);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    expect(target.toString("latin1").replaceAll("-", "")).toBe(bytes.toString("hex"));
  }
  expect(drawn).toHaveLength(3 * 4096);
});
