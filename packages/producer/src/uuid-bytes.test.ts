import { expect, test } from "bun:test";
import { createUuidWriter, UUID_BYTES } from "./uuid-bytes.ts";

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("each is a UUID of version 4, no two are alike, and nothing around it is touched", () => {
  const write = createUuidWriter();
  const seen = new Set<string>();
  const target = Buffer.alloc(UUID_BYTES + 2, "?");
  for (let count = 0; count < 10_000; count++) {
    write(target, 1);
    const text = target.toString("latin1");
    expect(text[0]).toBe("?");
    expect(text.at(-1)).toBe("?");
    expect(text.slice(1, -1)).toMatch(VERSION_4);
    seen.add(text);
  }
  expect(seen.size).toBe(10_000);
});

test("all bits but those of version and variant come from the random bytes, each used once", () => {
  let next = 0;
  const write = createUuidWriter((bytes) => {
    for (let at = 0; at < bytes.length; at++) bytes[at] = next++ & 0xff;
  });
  const target = Buffer.alloc(UUID_BYTES);
  // More than are fetched at once.
  for (let count = 0; count < 3000; count++) {
    write(target, 0);
    const bytes = Uint8Array.from({ length: 16 }, (_, at) => (count * 16 + at) & 0xff);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    expect(target.toString("latin1").replaceAll("-", "")).toBe(Buffer.from(bytes).toString("hex"));
  }
  expect(next).toBe(3 * 1024 * 16);
});
