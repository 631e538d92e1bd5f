/**
 * One instance of a service that is killed, paused and restarted. What ends without having been asked to is noted and started again, as a
 * container's restart policy does.
 */
import {
  createServiceProcess,
  type ServiceName,
  type ServiceProcess,
  type ServiceProcessOptions,
} from "../support/service-process.ts";

/** Looked at this often for ends that nobody asked for. */
const LOOK_EVERY_MS = 100;
const READY_DEADLINE_MS = 60_000;

export interface UnaskedEnd {
  readonly name: string;
  readonly exitCode: number;
  readonly words: string;
}

export interface Instance {
  /** `inventory-2`. */
  readonly name: string;
  readonly service: ServiceName;
  readonly process: ServiceProcess;
  /** The exit code and time of each end by SIGTERM. */
  readonly terminations: readonly { readonly exitCode: number; readonly elapsedMs: number }[];
  /** Starts it and waits until it is ready. */
  start(): Promise<void>;
  /** kill -9; it stays away until `revive`. */
  kill(): Promise<void>;
  /** It is about to end by itself, as it was told to; it stays away until `revive`. */
  expectDeath(): void;
  /** SIGTERM; the same. */
  terminate(): Promise<void>;
  /** Starts it again, and waits for nothing. */
  revive(): void;
  /** SIGSTOP until `resume`, or until this process has died. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** SIGTERM, and it never comes back. */
  retire(): Promise<void>;
  readonly isRetired: boolean;
  /** Ends it for good, paused or not. */
  stop(): Promise<void>;
}

export interface InstanceOptions extends ServiceProcessOptions {
  readonly number: number;
  readonly onUnaskedEnd: (end: UnaskedEnd) => void;
}

export function createInstance({ number, onUnaskedEnd, ...options }: InstanceOptions): Instance {
  const service = createServiceProcess(options);
  const name = `${options.name}-${number}`;
  const terminations: { exitCode: number; elapsedMs: number }[] = [];
  let shouldRun = false;
  let isRetired = false;
  let holder: Bun.Subprocess<"pipe", "ignore", "ignore"> | undefined;

  const timer = setInterval(() => {
    if (!shouldRun || service.isRunning) return;
    void service.exited().then(({ exitCode }) => {
      if (!shouldRun || service.isRunning) return;
      onUnaskedEnd({ name, exitCode, words: service.tail(8) });
      service.spawn();
    });
  }, LOOK_EVERY_MS);
  timer.unref();

  async function resume(): Promise<void> {
    if (holder === undefined) return;
    const held = holder;
    holder = undefined;
    await held.stdin.end();
    await held.exited;
  }

  async function terminate(): Promise<void> {
    // One that has only just been started ends by the signal itself: it has nothing to drain yet, and says nothing of how it drains.
    await service.ready(READY_DEADLINE_MS).catch(() => undefined);
    shouldRun = false;
    if (service.isRunning) terminations.push(await service.terminate());
  }

  return {
    name,
    service: options.name,
    process: service,
    terminations,
    async start() {
      await service.start();
      shouldRun = true;
    },
    async kill() {
      shouldRun = false;
      await resume();
      if (service.isRunning) await service.kill();
    },
    expectDeath() {
      shouldRun = false;
    },
    terminate,
    get isRetired() {
      return isRetired;
    },
    async retire() {
      isRetired = true;
      await terminate();
    },
    revive() {
      if (!service.isRunning) service.spawn();
      shouldRun = true;
    },
    async pause() {
      // A shell does it and waits for the end of its input: so nobody stays stopped when this process is killed meanwhile.
      const script = 'kill -STOP "$1" && IFS= read -r nothing; kill -CONT "$1"';
      holder = Bun.spawn(["/bin/sh", "-c", script, "sh", String(service.pid)], {
        stdio: ["pipe", "ignore", "ignore"],
      });
    },
    resume,
    async stop() {
      shouldRun = false;
      clearInterval(timer);
      await resume();
      await service.stop();
    },
  };
}
