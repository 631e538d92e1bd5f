import { expect, test } from "bun:test";
import { barsOf, drawBars } from "./chart.ts";

const text = `## \`x\`

| subject | records/s | p50 ms |
| --- | ---: | ---: |
| ours | 1,200 | 0.5 |
| c | 1,000 | 0.4 |
| python | – | – |
| bare | 90,000 | 0.1 |

Settings.`;

test("a column of a table as bars, without rows that have no figure and those left out", () => {
  expect(barsOf(text, { column: "records/s", words: "", omit: ["bare"] })).toEqual([
    { subject: "ours", value: 1200, text: "1,200" },
    { subject: "c", value: 1000, text: "1,000" },
  ]);
  expect(barsOf(text, { column: "p50 ms", words: "" }).map(({ value }) => value)).toEqual([0.5, 0.4, 0.1]);
  expect(barsOf(text, { column: "no such", words: "" })).toEqual([]);
});

test("a picture has every bar's name and figure", () => {
  const svg = drawBars("a title", "more is better", barsOf(text, { column: "records/s", words: "" }));
  expect(svg).toStartWith("<svg");
  for (const words of ["a title", "more is better", "ours", "1,200", "90,000"]) expect(svg).toContain(words);
  // The same figures give the same picture: no difference in a commit where there is none.
  expect(drawBars("a title", "more is better", barsOf(text, { column: "records/s", words: "" }))).toBe(svg);
});
