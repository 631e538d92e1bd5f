/** The resident memory of processes over time, as Linux tells it. */
import { readFileSync } from "node:fs";

const SAMPLE_EVERY_MS = 250;

export interface MemoryWatch {
  /** The most that any of them had, in MiB. */
  readonly peakMiB: number;
  stop(): void;
}

export function watchMemory(pids: () => readonly number[]): MemoryWatch {
  let peakMiB = 0;
  const sample = (): void => {
    for (const pid of pids()) peakMiB = Math.max(peakMiB, residentMiB(pid));
  };
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  timer.unref();
  return {
    get peakMiB() {
      return peakMiB;
    },
    stop: () => clearInterval(timer),
  };
}

/** 0 for one that has just ended, and where there is no /proc. */
export function residentMiB(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}
