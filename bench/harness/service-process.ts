/** A service under load: started on a free port, waited for, watched, drained. */
import { freePorts } from "@campus/broker";
import { type Usage, usageOf } from "./process-usage.ts";
import { profiled, watchThreads } from "./profile.ts";
import { RunFailed } from "./subject-process.ts";
import { tellingLine } from "./telling-line.ts";

const startTimeoutMs = 30_000;
const stopTimeoutMs = 15_000;
const retryMs = 50;

export interface ServiceProcess {
  readonly url: string;
  usage(): Usage;
  /** SIGTERM, and SIGKILL if it does not obey. */
  stop(): Promise<void>;
}

/** Resolves once `GET /health` answers 200. @throws RunFailed with what it printed when it does not come up */
export async function startService(
  { command, cwd }: { readonly command: readonly string[]; readonly cwd?: string },
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ServiceProcess> {
  const [port] = freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = Bun.spawn(profiled(command), {
    env: { ...process.env, ...environment, PORT: String(port) },
    ...(cwd !== undefined && { cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  watchThreads(command, child);
  const said = Promise.all([child.stdout.text(), child.stderr.text()]);
  const deadline = performance.now() + startTimeoutMs;
  while (!(await isHealthy(url))) {
    signal.throwIfAborted();
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill("SIGKILL");
      const output = tellingLine((await said).join("\n"));
      throw new RunFailed(`the service did not come up: ${output}`);
    }
    await Bun.sleep(retryMs);
  }
  return {
    url,
    usage: () => usageOf(child.pid),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await child.exited;
      clearTimeout(timer);
    },
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false; // it does not listen yet
  }
}
