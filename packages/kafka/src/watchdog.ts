/**
 * Notices a partition that stands still: records to read, and none handed out for a while; or a batch that its handler does not give back.
 * Membership and heartbeats go on in such a state, so nothing else would say so.
 */
import type { Assignment } from "./assignment.ts";
import type { TopicPartitionLag } from "./record.ts";

/** A partition that stands still, and where it does. */
export interface Stall extends TopicPartitionLag {
  /** `handler`: a batch is out and not done. `fetch`: there are records, and none arrives. */
  readonly reason: "handler" | "fetch";
  /** How long already. */
  readonly stalledMs: number;
}

export interface WatchdogOptions {
  readonly assignment: Assignment;
  readonly lag: () => Promise<TopicPartitionLag[]>;
  readonly onStall: (stall: Stall) => void;
  readonly stallTimeoutMs: number;
}

type Progress = { position: number; since: number; reported: boolean };

export class Watchdog {
  readonly #progress = new Map<string, Progress>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(private readonly options: WatchdogOptions) {
    this.#timer = setInterval(() => void this.#look(), Math.max(50, options.stallTimeoutMs / 4));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const lag of await this.options.lag()) this.#judge(lag);
    } catch {
      // The brokers can't be asked: that is reported where it matters (onError), and is no stall of a partition.
    } finally {
      this.#looking = false;
    }
  }

  #judge(lag: TopicPartitionLag): void {
    const partition = this.options.assignment.get(lag);
    if (!partition) return;
    const key = `${lag.partition}/${lag.topic}`;
    const before = this.#progress.get(key);
    const idle = lag.lag === 0 && !partition.busy;
    if (!before || idle || before.position !== lag.position) {
      const since = partition.busySince ?? performance.now();
      this.#progress.set(key, { position: lag.position, since, reported: false });
      return;
    }
    const stalledMs = performance.now() - before.since;
    if (before.reported || stalledMs < this.options.stallTimeoutMs) return;
    before.reported = true;
    this.options.onStall({ ...lag, reason: partition.busy ? "handler" : "fetch", stalledMs });
  }
}
