/**
 * One service of the system as a real process: the program that a user starts, with its settings from the environment. Its output is
 * kept, so that a test that waits in vain can say what the service said.
 */
import { constants } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

export type ServiceName = "producer" | "inventory" | "analytics";

/** A line of its log; lines that are no JSON (a crash, an error about settings) have only a message. */
export interface LogLine {
  readonly message: string;
  readonly level?: string;
  readonly [property: string]: unknown;
}

export interface ServiceExit {
  /** As a shell counts it: 137 after SIGKILL. */
  readonly exitCode: number;
  readonly elapsedMs: number;
}

export interface ServiceProcessOptions {
  readonly name: ServiceName;
  /** Its settings. Those of this process's own environment are not passed on. */
  readonly environment: Readonly<Record<string, string>>;
  /** Another program in its place, from the repository's root: a control that has a fault. */
  readonly program?: string;
}

export interface ServiceProcess {
  readonly name: ServiceName;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Where it answers `/live`, `/ready` and `/metrics`. */
  readonly managementUrl: string;
  /** What it has said on its standard output and error, over all its runs. */
  readonly lines: readonly LogLine[];
  /** Starts it without waiting for anything. */
  spawn(): void;
  /** Starts it and waits until `/ready` says so. */
  start(): Promise<void>;
  /** Waits until `/ready` of the run that was begun last says so. */
  ready(deadlineMs?: number): Promise<void>;
  /** Ends it in order. */
  terminate(): Promise<ServiceExit>;
  /** kill -9. */
  kill(): Promise<ServiceExit>;
  /** Ends it if it runs, by force if need be. */
  stop(): Promise<void>;
  /** Waits for its end, whatever brings it about. */
  exited(deadlineMs?: number): Promise<ServiceExit>;
  /** Waits for a line that begins so, in this run. */
  said(beginning: string, deadlineMs?: number): Promise<LogLine>;
  /** The last lines, for the message of a failure. */
  tail(lines?: number): string;
}

const root = join(import.meta.dir, "../..");
/** Ends the service with this process, however that ends: see there. */
const lifeline = join(root, "packages/start/src/lifeline.ts");

const OWN_VARIABLES =
  /^(PORT|HOST|ACKNOWLEDGE|ALLOW_ANONYMOUS|ALLOWED_HOSTS|API_KEYS_FILE|TLS_(CERT|KEY)_FILE|OTEL_SDK_MODULE|(KAFKA|LOG|EVENT|MANAGEMENT|PRODUCER|INVENTORY|ANALYTICS|DASHBOARD)_.*)$/;

/** This process's environment without the settings of the services, which would make the tests depend on it. */
export function neutralEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => !OWN_VARIABLES.test(entry[0])),
  );
}

const START_TIMEOUT_MS = 30_000;
/** A service promises 10 s for its drain. */
const END_TIMEOUT_MS = 15_000;

interface Run {
  readonly child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly startedAt: number;
  /** How many lines there were before this run. */
  readonly firstLine: number;
  /** Settles when the process is gone and its last line was read. */
  readonly gone: Promise<unknown>;
}

export function createServiceProcess({
  name,
  environment,
  program = `packages/${name}/src/main.ts`,
}: ServiceProcessOptions): ServiceProcess {
  const lines: LogLine[] = [];
  let run: Run | undefined;

  function current(): Run {
    if (run === undefined) throw new Error(`${name} was not started yet`);
    return run;
  }

  function tail(count = 25): string {
    const said = lines.slice(-count).map(({ level = "", message }) => `    ${level.padEnd(7)} ${message}`);
    return `  ${name} (${describe(run?.child)}), its last lines:\n${said.join("\n") || "    none"}`;
  }

  function spawn(): void {
    if (run !== undefined && isRunning(run.child)) throw new Error(`${name} runs already`);
    const child = Bun.spawn([process.execPath, "--preload", lifeline, join(root, program)], {
      cwd: root,
      env: {
        ...neutralEnvironment(),
        LOG_FORMAT: "json",
        MANAGEMENT_PORT: "0",
        DASHBOARD_PORT: "0",
        ...environment,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const reading = [child.stdout, child.stderr].map((stream) =>
      readLines(stream, (line) => lines.push(parseLine(line))),
    );
    run = {
      child,
      startedAt: performance.now(),
      firstLine: lines.length,
      gone: Promise.all([child.exited, ...reading]),
    };
  }

  /** Waits as `until` does, and no longer than the process lives; `T` is found, or undefined as long as it is not. */
  async function find<T>(
    what: string,
    look: () => T | undefined | Promise<T | undefined>,
    deadlineMs: number,
  ) {
    let found: T | undefined;
    const { child } = current();
    try {
      await until(
        what,
        async () => {
          const running = isRunning(child);
          found = await look();
          if (found === undefined && !running) throw new Error(`it has ended before: ${what}`);
          return found !== undefined;
        },
        { deadlineMs },
      );
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}\n${tail()}`);
    }
    return found as T;
  }

  function said(beginning: string, deadlineMs = START_TIMEOUT_MS): Promise<LogLine> {
    const { firstLine } = current();
    const isIt = ({ message }: LogLine) => message.startsWith(beginning);
    return find(`a line "${beginning}…"`, () => lines.slice(firstLine).find(isIt), deadlineMs);
  }

  async function exited(deadlineMs = END_TIMEOUT_MS): Promise<ServiceExit> {
    const { child, gone, startedAt } = current();
    let ended = false;
    void gone.then(() => (ended = true));
    await until(`${name} has ended`, () => ended, { deadlineMs }).catch((error) => {
      throw new Error(`${error.message}\n${tail()}`);
    });
    return { exitCode: exitCodeOf(child), elapsedMs: performance.now() - startedAt };
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<ServiceExit> {
    const from = performance.now();
    current().child.kill(signal);
    const { exitCode } = await exited();
    return { exitCode, elapsedMs: performance.now() - from };
  }

  let managementUrl = "";

  async function ready(deadlineMs = START_TIMEOUT_MS): Promise<void> {
    managementUrl = (await said("management at ", deadlineMs)).message.slice("management at ".length);
    const isReady = () => fetch(`${managementUrl}/ready`).then(({ ok }) => ok || undefined);
    await find("it is ready", () => isReady().catch(() => undefined), deadlineMs);
  }

  return {
    name,
    lines,
    get pid() {
      return current().child.pid;
    },
    get isRunning() {
      return run !== undefined && isRunning(run.child);
    },
    get managementUrl() {
      return managementUrl;
    },
    spawn,
    async start() {
      spawn();
      await ready();
    },
    ready,
    terminate: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    async stop() {
      if (run !== undefined && isRunning(run.child)) await end("SIGTERM").catch(() => end("SIGKILL"));
    },
    exited,
    said,
    tail,
  };
}

function isRunning({ exitCode, signalCode }: Bun.Subprocess): boolean {
  return exitCode === null && signalCode === null;
}

function exitCodeOf({ exitCode, signalCode }: Bun.Subprocess): number {
  return exitCode ?? 128 + (constants.signals[signalCode as NodeJS.Signals] ?? 0);
}

function describe(child: Bun.Subprocess | undefined): string {
  if (child === undefined) return "not started";
  if (isRunning(child)) return `running, pid ${child.pid}`;
  return child.signalCode === null ? `ended with ${child.exitCode}` : `killed by ${child.signalCode}`;
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const pieces = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) onLine(piece);
  }
  if (rest !== "") onLine(rest);
}

function parseLine(line: string): LogLine {
  try {
    const value = JSON.parse(line);
    if (typeof value?.message === "string") return value;
  } catch {
    // A line for people: it is kept as it is.
  }
  return { message: line };
}

/** A figure that a service tells Prometheus, all its labels added up. */
export async function metric(service: ServiceProcess, name: string, labels = ""): Promise<number> {
  const text = await (await fetch(`${service.managementUrl}/metrics`)).text();
  const rows = [...text.matchAll(/^(\w+)(\{.*\})? (\S+)$/gm)];
  return rows
    .filter(([, row, given = ""]) => row === name && given.includes(labels))
    .reduce((sum, [, , , value]) => sum + Number(value), 0);
}
