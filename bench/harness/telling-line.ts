/** The part of a failed program's output that belongs into one line: what names the error, else how it ends. */

const most = 400;
const naming = /^(\w*(Error|Exception)|panic|fatal|error|npm error)\b.*/i;

export function tellingLine(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  // Several of them come in a row where a program says more about it.
  const first = lines.findIndex((line) => naming.test(line));
  const chosen =
    first < 0 ? lines.slice(-3) : lines.slice(first, first + 2).filter((line) => naming.test(line));
  return chosen.join(" | ").slice(0, most);
}
