/**
 * One line that says how far something long has come. On a terminal it is redrawn in place; elsewhere (a log, a CI job) it is
 * written when the work starts and then every 10 s, so that silence never looks like a hang.
 */
export interface ProgressLine {
  /** Leaves `text` in the place of the moving line. */
  finish(text: string): void;
  /** Takes the moving line away; harmless after `finish`. */
  stop(): void;
}

export interface ProgressOptions {
  readonly quiet?: boolean;
  readonly stream?: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly logIntervalMs?: number;
}

const redrawMs = 200;
const clearLine = "\r\x1b[2K";

/** Shows what `render` returns, now and from time to time, until finished or stopped. */
export function createProgressLine(
  render: (elapsedSeconds: number) => string,
  { quiet = false, stream = process.stderr, logIntervalMs = 10_000 }: ProgressOptions = {},
): ProgressLine {
  if (quiet) return { finish() {}, stop() {} };
  const startedAt = performance.now();
  const terminal = stream.isTTY === true;
  const draw = () => {
    const text = render(Math.round((performance.now() - startedAt) / 1000));
    stream.write(terminal ? clearLine + text : `${text}\n`);
  };
  draw();
  const timer = setInterval(draw, terminal ? redrawMs : logIntervalMs);
  let moving = true;
  const stop = () => {
    clearInterval(timer);
    if (moving && terminal) stream.write(clearLine);
    moving = false;
  };
  return {
    stop,
    finish(text) {
      stop();
      stream.write(`${text}\n`);
    },
  };
}
