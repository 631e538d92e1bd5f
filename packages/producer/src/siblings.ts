/**
 * More processes on the same port (`PRODUCER_PROCESSES`): the kernel spreads connections over them. The first one is a
 * producer like the others and looks after them: it passes signals on, ends when one of them dies, and takes them down
 * with it; their standard input is a pipe from it, so that they end however it ended.
 */
import type { Lifecycle, Logger } from "@campus/service";

/** Set for the processes that the first one starts. Nobody else sets it, so it is no setting. */
const SIBLING_VARIABLE = "CAMPUS_PRODUCER_SIBLING";

/** Whether this process was started by another producer. */
export function isSibling(): boolean {
  return process.env[SIBLING_VARIABLE] !== undefined;
}

/** In a process that another one started: ends it in order when that one is gone. */
export function drainWithParent(lifecycle: Lifecycle): void {
  process.stdin.on("end", () => void lifecycle.drain("the first producer process is gone"));
  process.stdin.resume();
  process.stdin.unref();
}

export interface SiblingsOptions {
  /** How many. */
  count: number;
  /** Where the first process listens, and so will they. */
  port: number;
  script: string;
  lifecycle: Lifecycle;
  log: Logger;
}

/** Starts them. Their management ports are free ones, which their logs name. */
export function startSiblings({ count, port, script, lifecycle, log }: SiblingsOptions): void {
  const siblings = Array.from({ length: count }, () =>
    Bun.spawn([process.execPath, script], {
      env: { ...process.env, [SIBLING_VARIABLE]: "1", PORT: String(port), MANAGEMENT_PORT: "0" },
      stdio: ["pipe", "inherit", "inherit"],
      onExit(_, exitCode, signal) {
        if (lifecycle.signal.aborted) return;
        void lifecycle.fail(new Error(`A producer process beside this one ended (${signal ?? exitCode}).`));
      },
    }),
  );
  process.on("SIGHUP", () => {
    for (const sibling of siblings) sibling.kill("SIGHUP");
  });
  lifecycle.signal.addEventListener("abort", () => {
    for (const sibling of siblings) sibling.kill("SIGTERM");
  });
  // Added last and so awaited first, while this process still answers what it has begun.
  lifecycle.onDrain("producer processes", async () => {
    const codes = await Promise.all(siblings.map(({ exited }) => exited));
    const failed = codes.filter((code) => code !== 0).length;
    if (failed > 0) throw new Error(`${failed} of ${count} producer processes did not end in order.`);
  });
  log.info("more producer processes on the same port", { processes: count });
}
