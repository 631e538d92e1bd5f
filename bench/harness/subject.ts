/**
 * What is measured: a program that does one kind of work and then prints one line of JSON. Ours are in `subjects/`, the peers' in
 * `peers/`.
 */

/**
 * The kinds of work: of the client scenarios, and those of services, which go on until the program is told to end and print nothing: `decide` and
 * `count`, which work topics off, and `serve`, which takes orders at PORT.
 */
export type Work = "produce" | "consume" | "latency" | "memory" | "decide" | "count" | "serve";

/** How a subject is to do its work; passed on as environment variables (see subjects/subject.ts). */
export interface WorkSettings {
  readonly brokers: string;
  readonly topic: string;
  readonly groupId: string;
  readonly payloadFile: string;
  readonly payloadLinesFile: string;
  /** Stop after this many records beyond the warm-up, or after so many seconds, whichever comes first. */
  readonly records: number;
  readonly seconds: number;
  /** Records before the clock starts. */
  readonly warmup: number;
  readonly idleSeconds: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly queueRecords: number;
  readonly queueBytes: number;
  /** The same and more for clients built on librdkafka. */
  readonly producerProperties: Readonly<Record<string, string>>;
  readonly consumerProperties: Readonly<Record<string, string>>;
}

export interface Subject {
  /** As it stands in tables and in `ratios`: `ours`, `c`, `official-node-kafkajs`. */
  readonly name: string;
  /** Which client by which of its interfaces. */
  readonly title: string;
  readonly works: readonly Work[];
  command(work: Work, settings: WorkSettings): readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What is different about its delivery level or settings, by kind of work; without it, as everyone's. */
  readonly notes?: Partial<Record<Work, string>>;
  /** Makes the outcome of what the program printed, for tools that can't print a line of JSON. */
  parse?(stdout: string, work: Work, settings: WorkSettings): Outcome;
}

/** What one partition's records looked like to a reader: enough to see a gap, a repeat or a wrong order of magnitude. */
export interface PartitionTally {
  readonly partition: number;
  readonly count: number;
  readonly offsetSum: number;
  readonly lastOffset: number;
}

/** The line a subject prints. */
export interface Outcome {
  /** Records within the clock. */
  readonly records: number;
  /** Records in all, the warm-up included. */
  readonly total: number;
  readonly seconds: number;
  /** Records sent and not acknowledged. */
  readonly lost?: number;
  readonly error?: string;
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Bytes of keys and values read. */
  readonly bytes?: number;
  readonly checksum?: number;
  readonly partitions?: readonly PartitionTally[];
  /** The librdkafka file it ran on. */
  readonly library?: string;
  readonly warmRssMb?: number;
  readonly endRssMb?: number;
  readonly slopeMbPerMillion?: number;
  readonly idleCpuPercent?: number;
}

/** An outcome and what the harness saw of the process from outside. */
export interface Measured extends Outcome {
  /** The most resident memory it ever had. */
  readonly peakRssMb: number;
  /** User and system time of the whole process, its start included. */
  readonly cpuSeconds: number;
}
