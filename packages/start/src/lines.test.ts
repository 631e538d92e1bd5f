import { expect, test } from "bun:test";
import fc from "fast-check";
import { createPrefixer, readLines } from "./lines.ts";

async function linesOf(chunks: readonly Uint8Array[], failure?: Error): Promise<string[]> {
  const lines: string[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    pull(controller) {
      if (failure) controller.error(failure);
      else controller.close();
    },
  });
  await readLines(stream, (line) => lines.push(line));
  return lines;
}

test("lines come whole, however the bytes were cut, multi-byte characters too", async () => {
  const unit = fc.constantFrom("a", "é", "💥", " ", "\t");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit, maxLength: 12 })),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const chunks: Uint8Array[] = [];
        for (let at = 0, cut = 0; at < bytes.length; at += sizes[cut++ % sizes.length] ?? 1) {
          chunks.push(bytes.subarray(at, at + (sizes[cut % sizes.length] ?? 1)));
        }
        expect(await linesOf(chunks)).toEqual(lines);
      },
    ),
  );
});

test("the last line needs no end, and Windows' ends are ends", async () => {
  expect(await linesOf([Buffer.from("a\r\n\nb")])).toEqual(["a", "", "b"]);
});

test("a line without end is passed on in pieces", async () => {
  const lines = await linesOf([Buffer.alloc(150_000, "x"), Buffer.from("\nend\n")]);
  expect(lines.at(-1)).toBe("end");
  expect(lines.slice(0, -1).join("")).toBe("x".repeat(150_000));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(70_000);
});

test("a pipe that breaks ends the lines and nothing else", async () => {
  expect(await linesOf([Buffer.from("one\ntw")], new Error("EPIPE"))).toEqual(["one", "tw"]);
});

test("names are padded to one width, and coloured only where asked", () => {
  const plain = createPrefixer(["kafka", "inventory"], false);
  expect(plain("kafka", "up")).toBe("kafka     | up");
  expect(plain("inventory", "")).toBe("inventory | ");
  const coloured = createPrefixer(["kafka", "inventory"], true);
  expect(coloured("kafka", "up")).toBe("\x1b[36mkafka     |\x1b[0m up");
  expect(coloured("inventory", "up")).toStartWith("\x1b[35m");
});
