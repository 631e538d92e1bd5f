/**
 * `--profile`: where the time of our own programs goes. Each leaves Bun's profile of its JavaScript, and the harness looks at the CPU time of its threads, since
 * most of what a Kafka client does is done by librdkafka's.
 */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { outFolder, rootFolder } from "./out-folder.ts";
import { type Thread, threadsOf } from "./process-usage.ts";
import { textTable } from "./table.ts";

const profileFolder = join(outFolder, "profiles");
const pollMs = 100;

/** Of one run of one program: each thread as it was seen last, also those that ended before it. */
interface ThreadTimes {
  readonly name: string;
  readonly threads: Map<string, Thread>;
}

let isOn = false;
let runs: ThreadTimes[] = [];

/** From now on all runs are profiled. */
export function startProfiling(): void {
  isOn = true;
}

/** The command, so that Bun profiles it, where it is one of Bun's and profiles were asked for. */
export function profiled(command: readonly string[]): string[] {
  if (!isOn || command[0] !== process.execPath) return [...command];
  mkdirSync(profileFolder, { recursive: true });
  return [command[0]!, "--cpu-prof-md", `--cpu-prof-dir=${profileFolder}`, ...command.slice(1)];
}

/** Looks at a program's threads until it has ended. */
export function watchThreads(command: readonly string[], child: Bun.Subprocess): void {
  if (!isOn || command[0] !== process.execPath) return;
  const run: ThreadTimes = { name: relative(rootFolder, command.at(-1)!), threads: new Map() };
  runs.push(run);
  const timer = setInterval(() => {
    for (const thread of threadsOf(child.pid)) run.threads.set(thread.id, thread);
  }, pollMs);
  void child.exited.then(() => clearInterval(timer));
}

/** What the runs since the last call came to, as text; empty where nothing is profiled. */
export function takeThreadTable(): string {
  const rows = [...Map.groupBy(runs, ({ name }) => name)].flatMap(([name, times]) => sharesOf(name, times));
  runs = [];
  if (rows.length === 0) return "";
  const table = textTable(
    [
      { title: "program", cell: (row) => row.name },
      { title: "thread", cell: (row) => row.thread },
      { title: "CPU s", align: "right", cell: (row) => row.seconds.toFixed(2) },
      { title: "share", align: "right", cell: (row) => `${(100 * row.share).toFixed(0)} %` },
    ],
    rows,
  );
  return `${table}\nProfiles of the JavaScript, functions by self time: ${relative(rootFolder, profileFolder)}/*.md`;
}

const shownShare = 0.02;

/** The threads of a program by what they used, all its runs together, without those that used next to nothing. Pure. */
export function sharesOf(name: string, times: readonly Pick<ThreadTimes, "threads">[]) {
  const sums = new Map<string, number>();
  for (const { threads } of times)
    for (const { name: thread, cpuSeconds } of threads.values())
      sums.set(thread, (sums.get(thread) ?? 0) + cpuSeconds);
  const total = [...sums.values()].reduce((sum, spent) => sum + spent, 0);
  return [...sums]
    .map(([thread, seconds]) => ({ name, thread, seconds, share: seconds / total }))
    .filter(({ share }) => share >= shownShare)
    .sort((a, b) => b.seconds - a.seconds);
}
