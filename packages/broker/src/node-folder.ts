/**
 * A node's folder, and what is run in it: `server.properties`, `data/` (Kafka's log.dirs) and `kafka.log`, which everything
 * the node's processes print goes into. `data/` is formatted under another name and then renamed, so that a node that
 * was killed while formatting is formatted again and not started half made.
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BrokerError, type BrokerErrorCode } from "./error.ts";
import { type GuardedProcess, spawnGuarded } from "./guarded-process.ts";
import { type Runtime, toolCommand } from "./jvm.ts";
import { formatTail, readLog } from "./log-tail.ts";
import { type Properties, renderProperties } from "./server-properties.ts";

export interface NodeFolderOptions {
  path: string;
  /** Whether what is in it is worthless without this process, and is to be deleted if this process dies. */
  temporary: boolean;
  /** The node's settings with its data in `logDir`. */
  properties: (logDir: string) => Properties;
}

/** Seconds a node whose data is kept gets to end in order after this process died. */
const ORPHAN_GRACE_SECONDS = 8;

export class NodeFolder {
  readonly #options: NodeFolderOptions;
  /** Where in the log the last process began to write. */
  #logStart = 0;

  constructor(options: NodeFolderOptions) {
    this.#options = options;
  }

  get logFile(): string {
    return join(this.#options.path, "kafka.log");
  }
  get settingsFile(): string {
    return join(this.#options.path, "server.properties");
  }
  /** Where Java may leave its record of the classes it loaded. */
  get recordingFile(): string {
    return join(this.#options.path, "classes.jsa");
  }

  /** Writes the broker's settings. */
  async writeSettings(): Promise<void> {
    const { path, properties } = this.#options;
    await mkdir(path, { recursive: true });
    await Bun.write(this.settingsFile, renderProperties(properties(join(path, "data"))));
  }

  /**
   * Makes the data folder, unless there is one. `watch` is handed the process that does it, and waits for its end.
   * @throws BrokerError START_FAILED, quoting the log
   */
  async format(
    runtime: Runtime,
    { clusterId, more }: { clusterId: string; more: readonly string[] },
    watch: (process: GuardedProcess) => Promise<unknown>,
  ): Promise<void> {
    const { path, properties } = this.#options;
    const [data, unfinished, settings] = ["data", "data.unfinished", "format.properties"].map((name) =>
      join(path, name),
    ) as [string, string, string];
    if (existsSync(data)) return;
    await rm(unfinished, { recursive: true, force: true });
    await Bun.write(settings, renderProperties(properties(unfinished)));
    const args = ["format", "-t", clusterId, "-c", settings, ...more];
    const format = await this.spawn(toolCommand(runtime, "kafka.tools.StorageTool", args));
    await watch(format);
    if (format.exit?.code !== 0) throw await this.failure("its data folder could not be formatted");
    await rename(unfinished, data);
    await rm(settings);
  }

  /** Starts a process whose output goes to the log. */
  async spawn(command: readonly string[]): Promise<GuardedProcess> {
    const { path, temporary } = this.#options;
    this.#logStart = (await stat(this.logFile).catch(() => undefined))?.size ?? 0;
    return await spawnGuarded(command, {
      logFile: this.logFile,
      cwd: path, // where Java leaves its crash reports
      ...(temporary ? { removeAfter: path } : { graceSeconds: ORPHAN_GRACE_SECONDS }),
    });
  }

  /** The last lines of the log worth reading, since the last process started. */
  async logTail(lines?: number): Promise<string> {
    return formatTail(await readLog(this.logFile, this.#logStart), lines);
  }

  /** An error that says `what` happened and quotes the log, which knows best why. */
  async failure(what: string, code: BrokerErrorCode = "START_FAILED"): Promise<BrokerError> {
    const log = await readLog(this.logFile, this.#logStart);
    const quoted = formatTail(log);
    const message = `${what}. ${quoted ? `The end of ${this.logFile}:\n${quoted}` : `${this.logFile} says nothing.`}`;
    if (/Address already in use|Socket server failed to bind/.test(log))
      return new BrokerError("PORT_TAKEN", message);
    if (/Failed to acquire lock on file/.test(log)) return new BrokerError("DATA_IN_USE", message);
    return new BrokerError(code, message);
  }
}
