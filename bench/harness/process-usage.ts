/** Memory and CPU of another process, as Linux tells them in /proc while it lives. Undefined elsewhere, and once it has ended. */
import { readFileSync } from "node:fs";

/** Ticks a second of the times in /proc: 100 on every Linux that Bun runs on. */
const ticks = 100;

/** The high-water mark of resident memory. (`ru_maxrss` would include the parent's at the time of the fork.) */
export function peakRssBytes(pid: number): number | undefined {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(readProc(pid, "status"));
  return line ? Number(line[1]) * 1024 : undefined;
}

/** User and system time so far. */
export function cpuSeconds(pid: number): number | undefined {
  // The second field is the program's name in brackets, which may hold spaces and brackets itself.
  const fields = readProc(pid, "stat").split(") ").at(-1)!.split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isNaN(user + system) ? undefined : (user + system) / ticks;
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return ""; // no /proc here, or it has just ended
  }
}
