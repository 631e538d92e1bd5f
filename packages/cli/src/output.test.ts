import { expect, test } from "bun:test";
import { createOutput, wantsStyle } from "./output.ts";

function recording(isJson: boolean) {
  const [out, err]: [string[], string[]] = [[], []];
  const output = createOutput({
    isJson,
    styled: false,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { output, out, err };
}

test("data goes to standard output, talk to standard error", () => {
  const { output, out, err } = recording(false);
  output.table([{ title: "A" }], [["x"]]);
  output.say("so much for that");
  expect([out, err]).toEqual([["A\nx"], ["so much for that"]]);
});

test("JSON is one document", () => {
  const { output, out } = recording(true);
  output.json({ lag: 3, partitions: [null] });
  expect(out.map((text) => JSON.parse(text))).toEqual([{ lag: 3, partitions: [null] }]);
});

test("colours are for terminals, unless their user wants none", () => {
  expect(wantsStyle({ isTTY: true }, {})).toBe(true);
  expect(wantsStyle({}, {})).toBe(false);
  expect(wantsStyle({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsStyle({ isTTY: true }, { TERM: "dumb" })).toBe(false);
});
