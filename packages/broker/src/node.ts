/**
 * One node of an Apache Kafka cluster: its process, and what tests do to that. The cluster (apache.ts) decides when it
 * starts first; ids, ports and data stay the same through any number of restarts.
 */
import { adoptRecording, archiveOptions, recordingOptions } from "./class-archive.ts";
import { BrokerError } from "./error.ts";
import { describeExit, type GuardedProcess, type ProcessExit } from "./guarded-process.ts";
import { brokerCommand, type LogLevel, type Runtime } from "./jvm.ts";
import { NodeFolder, type NodeFolderOptions } from "./node-folder.ts";
import { LOOPBACK } from "./ports.ts";
import { waitUntilReady } from "./readiness.ts";
import type { NodeAddress } from "./server-properties.ts";

/** Signals for tests. SIGSTOP freezes the node without closing its connections, SIGCONT lets it go on. */
export type NodeSignal = "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT";

/** A node as its users see it. */
export interface ApacheNode {
  readonly id: number;
  /** `127.0.0.1:9092`. */
  readonly address: string;
  readonly port: number;
  /** Ports of the extra listeners, by name. */
  readonly listenerPorts: Readonly<Record<string, number>>;
  /** Undefined while the node does not run. */
  readonly pid: number | undefined;
  readonly logFile: string;
  /**
   * Sends a signal. After SIGKILL and SIGTERM it resolves when the process has ended.
   * @throws BrokerError NODE_STATE if the node does not run, or has not ended within `stopTimeoutMs`
   */
  kill(signal: NodeSignal): Promise<void>;
  /** SIGTERM, and SIGKILL after `stopTimeoutMs`. Does nothing if the node does not run. */
  stop(): Promise<void>;
  /**
   * Stops the node if it runs, starts it, and resolves when it is ready. A node is ready only while most nodes of its
   * cluster run: restart several side by side, not one after the other. Kafka takes a node back only once it has given up
   * on its earlier self: up to `broker.session.timeout.ms` (9 s by default) after SIGKILL, and with three nodes after
   * SIGTERM too. Tests that restart a lot set that lower, by `properties`.
   */
  restart(): Promise<void>;
  /** The last lines of the log, since the node's last start. */
  logTail(lines?: number): Promise<string>;
}

export interface NodeOptions extends NodeFolderOptions {
  address: NodeAddress;
  clusterId: string;
  /** More arguments for formatting, such as `--add-scram`. */
  formatArguments: readonly string[];
  /** Asked before each start: the jars may be gone, and fetched again, by then. */
  runtime: () => Promise<Runtime>;
  heapMiB: number;
  logLevel: LogLevel;
  /** Whether this node leaves a class archive behind, if there is none yet: ending then takes some seconds more. */
  recordsClasses: boolean;
  startTimeoutMs: number;
  stopTimeoutMs: number;
  /** Called when the node ends without having been asked to. */
  onExit: (exit: ProcessExit) => void;
}

export interface StartOptions {
  /** The nodes that must be up, as this one sees it. */
  expected: readonly number[];
  signal?: AbortSignal;
}

export class Node implements ApacheNode {
  readonly #options: NodeOptions;
  readonly #folder: NodeFolder;
  #process: GuardedProcess | undefined;
  /** Settles when the last process is gone and cleared up after. */
  #gone: Promise<void> = Promise.resolve();
  /** Processes whose end was asked for. */
  readonly #dismissed = new WeakSet<GuardedProcess>();
  /** Settles when the start under way has succeeded or failed. */
  #starting: Promise<void> | undefined;
  #closed = false;
  #recording = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#folder = new NodeFolder(options);
  }

  get id(): number {
    return this.#options.address.id;
  }
  get port(): number {
    return this.#options.address.port;
  }
  get listenerPorts(): Readonly<Record<string, number>> {
    return this.#options.address.listenerPorts;
  }
  get address(): string {
    return `${LOOPBACK}:${this.port}`;
  }
  get pid(): number | undefined {
    return this.#running?.pid;
  }
  get logFile(): string {
    return this.#folder.logFile;
  }
  get #running(): GuardedProcess | undefined {
    return this.#process && !this.#process.exit ? this.#process : undefined;
  }

  async kill(signal: NodeSignal): Promise<void> {
    const running = this.#running;
    if (!running) throw this.#stateError(`does not run: ${signal} has no one to go to`);
    const terminates = signal === "SIGKILL" || signal === "SIGTERM";
    if (terminates) this.#dismissed.add(running);
    running.signal(signal);
    if (terminates && !(await this.#goneWithin(this.#options.stopTimeoutMs))) {
      throw this.#stateError(`has not ended ${this.#options.stopTimeoutMs / 1000} s after ${signal}`);
    }
  }

  async stop(): Promise<void> {
    await this.#end(this.#options.stopTimeoutMs);
  }

  /** Ends the node for good. A start under way fails. With `data` of no use to anyone it is given little time. */
  async close({ dataIsKept }: { dataIsKept: boolean }): Promise<void> {
    this.#closed = true;
    const patient = dataIsKept || this.#recording;
    await this.#end(patient ? this.#options.stopTimeoutMs : Math.min(1_000, this.#options.stopTimeoutMs));
    await this.#starting;
  }

  async restart(): Promise<void> {
    if (this.#starting) throw this.#stateError("is being started already");
    await this.stop();
    await this.start({ expected: [this.id] });
  }

  async logTail(lines?: number): Promise<string> {
    return await this.#folder.logTail(lines);
  }

  /**
   * Starts the node and resolves when it sees the `expected` nodes up, itself among them.
   * @throws BrokerError PORT_TAKEN, DATA_IN_USE, START_FAILED; the reason of `signal`. The process is gone then.
   */
  async start({ expected, signal }: StartOptions): Promise<void> {
    if (this.#closed) throw this.#stateError("belongs to a cluster that has been stopped");
    if (this.#starting || this.#running) throw this.#stateError("runs already");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#starting = promise;
    const { clusterId, formatArguments } = this.#options;
    try {
      const runtime = await this.#options.runtime();
      if (this.#closed) throw this.#stateError("belongs to a cluster that has been stopped");
      await this.#folder.writeSettings();
      await this.#folder.format(runtime, { clusterId, more: formatArguments }, async (format) => {
        this.#adopt(format, Promise.resolve());
        await unlessAborted(format.exited, signal);
      });
      await this.#run(runtime, expected, signal);
    } catch (error) {
      if (this.#running) await this.kill("SIGKILL");
      signal?.throwIfAborted();
      if (!(error instanceof BrokerError)) throw error;
      const message = `Kafka node ${this.id} (${this.address}) did not start: ${error.message}`;
      throw new BrokerError(error.code, message, { cause: error });
    } finally {
      this.#starting = undefined;
      resolve();
    }
  }

  async #run(runtime: Runtime, expected: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const { address, clusterId, startTimeoutMs, heapMiB, logLevel, recordsClasses } = this.#options;
    const { recordingFile, settingsFile } = this.#folder;
    const record = recordsClasses ? recordingOptions(runtime, recordingFile) : [];
    this.#recording = record.length > 0;
    const javaOptions = this.#recording ? record : archiveOptions(runtime);
    signal?.throwIfAborted();
    const broker = await this.#folder.spawn(
      brokerCommand(runtime, { heapMiB, logLevel, javaOptions, args: [settingsFile] }),
    );
    const cleared = broker.exited.then((exit) =>
      adoptRecording(runtime, recordingFile, exit.signal === "SIGTERM"),
    );
    this.#adopt(broker, cleared);
    const ended = new AbortController();
    let ready = false;
    void broker.exited.then((exit) => {
      ended.abort(new BrokerError("START_FAILED", `it ${describeExit(exit)}`));
      if (ready && !this.#dismissed.has(broker)) this.#options.onExit(exit);
    });
    const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    try {
      const timing = { timeoutMs: startTimeoutMs, signal: either };
      await waitUntilReady({ port: address.port, clusterId, expected, ...timing });
      ready = true;
    } catch (error) {
      throw error instanceof BrokerError ? await this.#folder.failure(error.message, error.code) : error;
    }
  }

  #adopt(process: GuardedProcess, cleared: Promise<void>): void {
    this.#process = process;
    this.#gone = process.exited.then(() => cleared);
    if (!this.#closed) return;
    // close() came while the process was being started, and could not know of it.
    this.#dismissed.add(process);
    process.signal("SIGKILL");
  }

  async #end(timeoutMs: number): Promise<void> {
    const running = this.#running;
    if (running) {
      this.#dismissed.add(running);
      running.signal("SIGTERM");
      running.signal("SIGCONT"); // a frozen process takes no SIGTERM
      if (!(await this.#goneWithin(timeoutMs))) running.signal("SIGKILL");
    }
    await this.#gone;
  }

  async #goneWithin(timeoutMs: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    const gone = await Promise.race([this.#gone.then(() => true as const), late]);
    clearTimeout(timer);
    return gone;
  }

  #stateError(what: string): BrokerError {
    return new BrokerError("NODE_STATE", `Kafka node ${this.id} (${this.address}) ${what}.`);
  }
}

async function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    await Promise.race([work, aborted]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
