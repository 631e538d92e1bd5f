import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Cell, renderTable, visible, withTone } from "./table.ts";

const columns = [{ title: "NAME" }, { title: "LAG", align: "right" }, { title: "WHO" }] as const;
const plain = (rows: Cell[][]) => renderTable(columns, rows, { styled: false });

test("plain: aligned columns, a dash for what is not there, no blanks at the end of a line", () => {
  expect(
    plain([
      ["a", 7, null],
      ["longer", 12345, "me"],
    ]),
  ).toBe(["NAME      LAG  WHO", "a           7  -", "longer  12345  me"].join("\n"));
  expect(plain([])).toBe("NAME  LAG  WHO");
});

test("on a terminal: a line under the titles, colours by what a cell says", () => {
  const text = renderTable(columns, [["a", { text: 7, tone: "warning" }, ""]], { styled: true });
  const [head, rule, row] = text.split("\n");
  expect(head).toBe(["NAME", "LAG", "WHO"].map((title) => withTone(title, "strong")).join("  "));
  expect(rule).toBe(withTone("─".repeat(14), "faint"));
  expect(row).toBe(`a     ${withTone("  7", "warning")}  -`);
  expect(Bun.stripANSI(text).replace(/─+\n/, "")).toBe(plain([["a", 7, null]]));
});

test("nobody's name breaks a line or steers the terminal", () => {
  expect(visible("a\n\x1b[2Jb\u202ec\ud800")).toBe("a\\u000a\\u001b[2Jb\\u202ec\ufffd");
  expect(visible("größe 日本")).toBe("größe 日本");
  const cell = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.constant(null),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell)), (rows) => {
      const lines = plain(rows).split("\n");
      expect(lines).toHaveLength(rows.length + 1);
      for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test("every column begins where its title does", () => {
  const word = fc.stringMatching(/^[a-z0-9.-]{1,20}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.nat(), word)), (rows) => {
      const [head, ...lines] = plain(rows).split("\n");
      const who = head!.indexOf("WHO");
      for (const [i, line] of lines.entries()) {
        expect(line.slice(who)).toBe(rows[i]![2]);
        expect(line.slice(0, who).trimEnd().split(/ +/)).toEqual([rows[i]![0], String(rows[i]![1])]);
      }
    }),
  );
});
