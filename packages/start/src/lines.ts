/** A child's output, line by line, for the supervisor to put a name before each. */
/** A line longer than this is passed on in pieces: a child that never ends its line must not fill our memory. */
const LINE_MAX_CHARACTERS = 64 * 1024;

/** Calls `onLine` for each line of the stream, without its end. Resolves when the stream has ended, never rejects. */
export async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
      while (rest.length > LINE_MAX_CHARACTERS) {
        onLine(rest.slice(0, LINE_MAX_CHARACTERS));
        rest = rest.slice(LINE_MAX_CHARACTERS);
      }
    }
  } catch {
    // The pipe of a killed child may break instead of end; what came is what there is.
  }
  rest += decoder.decode();
  if (rest !== "") onLine(rest);
}

/** The colours of the names, as SGR codes: readable on dark and on light. */
const COLOURS = [36, 35, 33, 32, 34];

export type Prefixer = (name: string, line: string) => string;

/** Puts a padded name before lines, each name in its own colour where there are colours. */
export function createPrefixer(names: readonly string[], colours: boolean): Prefixer {
  const width = Math.max(...names.map((name) => name.length));
  return (name, line) => {
    const head = `${name.padEnd(width)} |`;
    const colour = COLOURS[Math.max(0, names.indexOf(name)) % COLOURS.length];
    return colours ? `\x1b[${colour}m${head}\x1b[0m ${line}` : `${head} ${line}`;
  };
}
