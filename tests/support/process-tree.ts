/** The processes that came of one, by what Linux tells in /proc: to see that none outlives it, and to find one among them. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** In clock ticks since the machine started: tells a process from a later one with its pid. */
  readonly startTime: number;
}

/** Whether processes can be looked at here. */
export const canListProcesses = process.platform === "linux";

/** A process and all that descend from it now. */
export function processTree(root: number): ProcessEntry[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readProcess(Number(pid)) ?? []);
  const tree = all.filter(({ pid }) => pid === root);
  // Grows while it is walked, level by level.
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/** Those of some processes that still run. */
export function stillRunning(processes: readonly ProcessEntry[]): ProcessEntry[] {
  return processes.filter(({ pid, startTime }) => readProcess(pid)?.startTime === startTime);
}

/** Undefined where there is none, and for one that has ended and that nobody has asked about yet. */
function readProcess(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(fields[1]), command, startTime: Number(fields[19]) };
  } catch {
    return undefined;
  }
}
