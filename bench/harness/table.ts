/** Tables for the terminal and for Markdown from the same rows. */

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Default left. */
  readonly align?: "left" | "right";
}

function texts<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[][] {
  return rows.map((row) => columns.map(({ cell }) => cell(row)));
}

export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...texts(columns, rows)];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => Bun.stringWidth(line[column]!))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const padding = " ".repeat(widths[column]! - Bun.stringWidth(cell));
          return columns[column]!.align === "right" ? padding + cell : cell + padding;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...texts(columns, rows).map(line),
  ].join("\n");
}
