/** One line that fills up, for people: it is drawn on a terminal and nowhere else. */

const WIDTH = 30;
/** Drawn no more often than this. */
const REDRAW_MS = 100;

export interface ProgressBar {
  update(done: number, words: string): void;
  /** Takes the line away. */
  clear(): void;
}

export function createProgressBar(total: number, stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update(done, words) {
      const now = performance.now();
      if (!stream.isTTY || (now - drawnAt < REDRAW_MS && done < total)) return;
      drawnAt = now;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
      stream.write(`\r${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${words}\x1b[K`);
    },
    clear() {
      if (stream.isTTY) stream.write("\r\x1b[K");
    },
  };
}
