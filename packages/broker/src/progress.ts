/**
 * One line of progress on stderr: redrawn in place every second on a terminal; in a log written once at the start and
 * once at the end, so that it fills nothing.
 */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ProgressLine {
  /** Replaces the line by its last word. */
  finish(text: string): void;
  /** Takes the line back; what follows is for the caller to say. */
  abandon(): void;
}

const ERASE = "\r\x1b[K";

/** Shows `text` and the seconds since, until finished or abandoned. */
export function createProgressLine(text: string, stream: ProgressStream = process.stderr): ProgressLine {
  const startedAt = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  const end = (last: string): void => {
    clearInterval(timer);
    stream.write(`${stream.isTTY ? ERASE : ""}${last}`);
  };
  stream.write(stream.isTTY ? text : `${text}\n`);
  const redraw = stream.isTTY ? () => stream.write(`${ERASE}${text} ${seconds()}`) : () => {};
  const timer = setInterval(redraw, 1000);
  return {
    finish: (last) => end(`${last} (${seconds()})\n`),
    abandon: () => end(""),
  };
}
