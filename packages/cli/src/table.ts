/**
 * Rows of cells as text. On a terminal with bold titles over a line and colours; anywhere else plain aligned columns, each cell free of
 * blanks at its ends and an empty one written `-`, so that `awk` and its like can count on them.
 */

/** A column: its title and which way its cells lean. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** What a cell holds; null is what is not known or not there. */
export type Cell = string | number | null | { readonly text: string | number | null; readonly tone: Tone };

/** What a colour is to say. */
export type Tone = "good" | "warning" | "bad" | "faint" | "strong";

const SGR: Readonly<Record<Tone, number>> = { good: 32, warning: 33, bad: 31, faint: 2, strong: 1 };

const GAP = "  ";

/** @param styled whether the text goes to a terminal that shows colours */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { styled }: { styled: boolean },
): string {
  const paint = (text: string, tone: Tone | undefined) => (styled && tone ? withTone(text, tone) : text);
  const texts = rows.map((row) => row.map(cellText));
  const widths = columns.map(({ title }, i) =>
    Math.max(Bun.stringWidth(title), ...texts.map((row) => Bun.stringWidth(row[i]!))),
  );
  const line = (cells: readonly string[], tone: (column: number) => Tone | undefined) =>
    cells
      .map((text, i) => {
        const last = i === cells.length - 1;
        return paint(pad(text, widths[i]!, columns[i]!.align ?? "left", last), tone(i));
      })
      .join(GAP);
  const head = line(
    columns.map(({ title }) => title),
    () => "strong",
  );
  const rule = paint(
    "─".repeat(widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))),
    "faint",
  );
  const body = texts.map((row, i) => line(row, (column) => toneOf(rows[i]![column]!)));
  return [head, ...(styled ? [rule] : []), ...body].join("\n");
}

/** The text in the colour of what it says. */
export function withTone(text: string, tone: Tone): string {
  return `\x1b[${SGR[tone]}m${text}\x1b[0m`;
}

/** Nothing after the last column: a line has no blanks at its end. */
function pad(text: string, width: number, align: "left" | "right", last: boolean): string {
  const blanks = " ".repeat(width - Bun.stringWidth(text));
  if (align === "right") return blanks + text;
  return last ? text : text + blanks;
}

function cellText(cell: Cell): string {
  const value = typeof cell === "object" && cell !== null ? cell.text : cell;
  return value === null || value === "" ? "-" : visible(String(value));
}

function toneOf(cell: Cell): Tone | undefined {
  return typeof cell === "object" && cell !== null ? cell.tone : undefined;
}

/** Names of groups and clients are anybody's text: what could break a line or steer the terminal is written as its code. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
      (unit) => `\\u${unit.codePointAt(0)!.toString(16).padStart(4, "0")}`,
    );
}
