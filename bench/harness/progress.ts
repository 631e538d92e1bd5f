/**
 * What the person at the terminal sees while the bench runs: finished lines, and under them one that moves. On a terminal the moving line
 * is redrawn in place; in a log each thing begun is one line. All of it goes to stderr.
 */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const redrawMs = 200;
const clearLine = "\r\x1b[2K";

export class Progress {
  readonly #stream: ProgressStream;
  #doing = "";
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream;
  }

  /** Leaves lines above the moving one. */
  say(text: string): void {
    this.#stream.write(this.#stream.isTTY ? `${clearLine}${text}\n` : `${text}\n`);
    this.#draw();
  }

  /** Shows `text` and the seconds since while `work` runs. Not to be nested. */
  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    this.#doing = text;
    this.#since = performance.now();
    if (this.#stream.isTTY) this.#timer = setInterval(() => this.#draw(), redrawMs);
    else this.#stream.write(`… ${text}\n`);
    this.#draw();
    try {
      return await work();
    } finally {
      clearInterval(this.#timer);
      this.#doing = "";
      if (this.#stream.isTTY) this.#stream.write(clearLine);
    }
  }

  #draw(): void {
    if (!this.#doing || !this.#stream.isTTY) return;
    const seconds = Math.floor((performance.now() - this.#since) / 1000);
    this.#stream.write(`${clearLine}… ${this.#doing}, ${seconds} s`);
  }
}
