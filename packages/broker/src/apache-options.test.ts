import { expect, test } from "bun:test";
import { checkOptions } from "./apache-options.ts";

test("what can be, passes", () => {
  checkOptions({});
  checkOptions({ nodes: 3, port: 9092, preferredPort: 65_535, heapMiB: 128 });
});

test("every fault is named, with what is taken instead", () => {
  const wrong = { nodes: 2 as 1, port: 0, preferredPort: 1.5, heapMiB: 64 };
  expect(() => checkOptions(wrong)).toThrow(
    "startApache: nodes is 2, and takes 1 or 3; port is 0, and takes 1 to 65535; " +
      "preferredPort is 1.5, and takes 1 to 65535; heapMiB is 64, and takes a whole number from 128.",
  );
});
