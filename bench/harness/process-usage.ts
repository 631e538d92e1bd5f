/** Memory and CPU of another process, as Linux tells them in /proc while it lives. Undefined elsewhere, and once it has ended. */
import { readdirSync, readFileSync } from "node:fs";

/** Ticks a second of the times in /proc: 100 on every Linux that Bun runs on. */
const ticks = 100;

/** The high-water mark of resident memory. (`ru_maxrss` would include the parent's at the time of the fork.) */
export function peakRssBytes(pid: number): number | undefined {
  return statusBytes(pid, "VmHWM");
}

export interface Usage {
  readonly rssMb: number | undefined;
  readonly peakRssMb: number | undefined;
  readonly cpuSeconds: number | undefined;
}

/** Of a process and those that it has started, together. */
export function usageOf(pid: number): Usage {
  const family = familyOf(pid);
  const sum = (figure: (member: number) => number | undefined) =>
    family.reduce<number | undefined>((total, member) => {
      const own = figure(member);
      return own === undefined ? total : (total ?? 0) + own;
    }, undefined);
  return {
    rssMb: sum((member) => megabytes(statusBytes(member, "VmRSS"))),
    peakRssMb: sum((member) => megabytes(peakRssBytes(member))),
    cpuSeconds: sum(cpuSeconds),
  };
}

const megabytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 1e6);

function familyOf(pid: number): number[] {
  const children = readProc(`${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

function statusBytes(pid: number, name: "VmHWM" | "VmRSS"): number | undefined {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readProc(`${pid}/status`));
  return line ? Number(line[1]) * 1024 : undefined;
}

/** User and system time so far. */
function cpuSeconds(pid: number): number | undefined {
  return cpuOf(readProc(`${pid}/stat`));
}

export interface Thread {
  readonly id: string;
  readonly name: string;
  /** User and system time so far. */
  readonly cpuSeconds: number;
}

/** Those it has now. */
export function threadsOf(pid: number): Thread[] {
  return tasksOf(pid).flatMap((id) => {
    const stat = readProc(`${pid}/task/${id}/stat`);
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const spent = cpuOf(stat);
    return spent === undefined ? [] : [{ id, name, cpuSeconds: spent }];
  });
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // no /proc here, or it has just ended
  }
}

function cpuOf(stat: string): number | undefined {
  // The second field is the program's name in brackets, which may hold spaces and brackets itself.
  const fields = stat.split(") ").at(-1)!.split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isNaN(user + system) ? undefined : (user + system) / ticks;
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return ""; // no /proc here, or it has just ended
  }
}
