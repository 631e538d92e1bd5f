/** The memory that values are lent from: no two at one place, nothing kept for ever, and no more than there is. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { libc, NativeMemory, type Pointer } from "./ffi.ts";
import { liveHandles } from "./handle.ts";
import { PayloadMemory } from "./payload-memory.ts";

const chunkBytes = 1024;

interface Value {
  readonly address: Pointer;
  readonly bytes: Uint8Array;
}

function lend(memory: PayloadMemory, bytes: Uint8Array): Value | null {
  if (!memory.hasRoom(bytes.length)) return null;
  const address = memory.take(bytes.length);
  if (bytes.length > 0) libc.memcpy(address, bytes, bytes.length);
  return { address, bytes };
}

function isThere({ address, bytes }: Value): boolean {
  if (bytes.length === 0) return true;
  const copy = new NativeMemory(bytes.length);
  libc.memcpy(copy.address, address, bytes.length);
  return bytes.every((byte, i) => copy.bytes[i] === byte);
}

test("whatever is taken and given back, in any order, each value stays as it is until it is given back", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ take: fc.nat({ max: chunkBytes }), of: fc.nat({ max: 255 }) }) },
    { weight: 2, arbitrary: fc.record({ release: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ releaseFirst: fc.nat({ max: 20 }) }) },
  );
  let [lent, refused] = [0, 0];
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300, size: "max" }), (steps) => {
      const memory = new PayloadMemory(8 * chunkBytes, chunkBytes);
      try {
        let open: Value[] = [];
        for (const does of steps) {
          if ("take" in does) {
            const value = lend(memory, new Uint8Array(does.take).fill(does.of));
            if (value === null) refused++;
            else lent = open.push(value);
          } else if ("release" in does) {
            for (const { address, bytes } of open.splice(does.release % (open.length + 1), 1))
              memory.release(address, bytes.length);
          } else {
            for (const { address, bytes } of open.splice(0, does.releaseFirst))
              memory.release(address, bytes.length);
          }
          expect(open.every(isThere)).toBe(true);
        }
        for (const { address, bytes } of open) memory.release(address, bytes.length);
        // Nothing of it is lost: all eight chunks can be filled, and no ninth.
        open = [];
        for (let chunk = 0; chunk < 8; chunk++)
          open.push(lend(memory, new Uint8Array(chunkBytes).fill(chunk)) ?? expect.unreachable());
        expect(memory.hasRoom(1)).toBe(false);
        expect(open.every(isThere)).toBe(true);
      } finally {
        memory.close();
      }
    }),
    { numRuns: 200 },
  );
  expect(lent).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});

test("what is larger than a chunk has no room, and takes none from what is smaller", () => {
  const memory = new PayloadMemory(2 * chunkBytes, chunkBytes);
  expect(memory.hasRoom(chunkBytes + 1)).toBe(false);
  expect(memory.hasRoom(chunkBytes)).toBe(true);
  memory.close();
});

test("one value after the other lies at the same place: little is touched where little is under way", () => {
  const memory = new PayloadMemory(64 * chunkBytes, chunkBytes);
  const places = new Set<Pointer>();
  for (let i = 0; i < 1000; i++) {
    const { address, bytes } = lend(memory, Buffer.alloc(100, i)) ?? expect.unreachable();
    places.add(address);
    memory.release(address, bytes.length);
  }
  expect(places.size).toBe(1);
  memory.close();
});

test("what lies elsewhere is not its business, before anything was lent neither", () => {
  const memory = new PayloadMemory(2 * chunkBytes, chunkBytes);
  memory.release(12345, 10);
  const values = [1, 2].map((fill) => lend(memory, Buffer.alloc(chunkBytes, fill))!);
  for (const distance of [-1, -1_000_000, 2 * chunkBytes, 1_000_000])
    memory.release(values[0]!.address + distance, 10);
  expect(memory.hasRoom(1)).toBe(false);
  expect(values.every(isThere)).toBe(true);
  memory.close();
});

test("it is got when it is needed, and given back once", () => {
  const count = () => liveHandles()["payload memory"] ?? 0;
  const before = count();
  const memory = new PayloadMemory(chunkBytes, chunkBytes);
  memory.close();
  expect(count()).toBe(before);
  expect(memory.hasRoom(1)).toBe(true);
  expect(count()).toBe(before + 1);
  memory.close();
  memory.close();
  expect(count()).toBe(before);
});
