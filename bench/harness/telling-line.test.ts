import { expect, test } from "bun:test";
import { tellingLine } from "./telling-line.ts";

test("the error is found among a stack and a version", () => {
  const output =
    "/a/b.js:12\n    throw e;\n    ^\n\nKafkaJSError: no such setting\n    at x (y:1)\n\nNode.js v20\n";
  expect(tellingLine(output)).toBe("KafkaJSError: no such setting");
});

test("npm says it in two lines", () => {
  expect(tellingLine("npm warn old\nnpm error code EUSAGE\nnpm error\nnpm error more\n")).toBe(
    "npm error code EUSAGE | npm error",
  );
});

test("without one it is the end", () => {
  expect(tellingLine("a\nb\n\nc\nd\n")).toBe("b | c | d");
  expect(tellingLine("")).toBe("");
});
