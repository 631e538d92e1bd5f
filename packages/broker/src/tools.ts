/**
 * Kafka's own command line tools, as functions: the same classes that `kafka-topics.sh` and its siblings start, run from
 * the jars the broker runs from. Tests use them as the foreign client that reads what this project wrote; people without
 * Docker reach them through `bun run kafka <tool> …`.
 */
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrokerError } from "./error.ts";
import { runGuarded } from "./guarded-process.ts";
import { ensureJars } from "./jars.ts";
import { findJava } from "./java.ts";
import { type Runtime, toolCommand } from "./jvm.ts";

/** The tools by the names they have in Kafka's distribution (there with `.sh`). */
export const KAFKA_TOOLS = {
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
  "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
  "kafka-acls": "org.apache.kafka.tools.AclCommand",
  "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
  "kafka-consumer-perf-test": "org.apache.kafka.tools.ConsumerPerformance",
} as const;

export type KafkaTool = keyof typeof KAFKA_TOOLS;

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  /** What the tool reads. Nothing by default. */
  stdin?: string | Uint8Array;
  /** Default 60,000. */
  timeoutMs?: number;
  /** Where the jars are cached; see `cacheFolder`. */
  cacheDir?: string;
}

/** `kafka-topics --bootstrap-server <brokers> …`, for example with `["--list"]`. */
export function kafkaTopics(
  brokers: string,
  args: readonly string[],
  options?: ToolOptions,
): Promise<ToolResult> {
  return runTool("kafka-topics", ["--bootstrap-server", brokers, ...args], options);
}

/** `kafka-consumer-groups --bootstrap-server <brokers> …`, for example with `["--list"]`. */
export function kafkaConsumerGroups(
  brokers: string,
  args: readonly string[],
  options?: ToolOptions,
): Promise<ToolResult> {
  return runTool("kafka-consumer-groups", ["--bootstrap-server", brokers, ...args], options);
}

/**
 * `kafka-console-consumer --bootstrap-server <brokers> …`. It reads on until told otherwise: give it `--max-messages`
 * or `--timeout-ms`.
 */
export function consoleConsumer(
  brokers: string,
  args: readonly string[],
  options?: ToolOptions,
): Promise<ToolResult> {
  return runTool("kafka-console-consumer", ["--bootstrap-server", brokers, ...args], options);
}

/** `kafka-console-producer --bootstrap-server <brokers> …`: one record a line of `options.stdin`. */
export function consoleProducer(
  brokers: string,
  args: readonly string[],
  options?: ToolOptions,
): Promise<ToolResult> {
  return runTool("kafka-console-producer", ["--bootstrap-server", brokers, ...args], options);
}

/**
 * Runs a tool to its end. Its exit code is for the caller to judge.
 * @throws BrokerError TOOL_FAILED if it has not ended after `timeoutMs`, and where Java or the jars are missing
 */
export async function runTool(
  tool: KafkaTool,
  args: readonly string[],
  { stdin, timeoutMs = 60_000, cacheDir }: ToolOptions = {},
): Promise<ToolResult> {
  const command = toolCommand(await toolRuntime(cacheDir), KAFKA_TOOLS[tool], args);
  const inputFile =
    stdin === undefined ? undefined : join(tmpdir(), `campus-kafka-stdin-${crypto.randomUUID()}`);
  try {
    if (inputFile !== undefined) await Bun.write(inputFile, stdin!);
    const { exit, stdout, stderr } = await runGuarded(command, {
      timeoutMs,
      ...(inputFile && { inputFile }),
    });
    if (!exit) {
      throw new BrokerError(
        "TOOL_FAILED",
        `${tool} ${args.join(" ")} had not ended after ${timeoutMs / 1000} s. It printed:\n${stdout}${stderr}`,
      );
    }
    return { exitCode: exit.code ?? 128, stdout, stderr };
  } finally {
    if (inputFile !== undefined) await rm(inputFile, { force: true });
  }
}

/** Runs a tool on this process's own terminal or pipes, and returns its exit code. */
export async function runToolInForeground(tool: KafkaTool, args: readonly string[]): Promise<number> {
  const command = toolCommand(await toolRuntime(), KAFKA_TOOLS[tool], args);
  return await Bun.spawn(command, { stdio: ["inherit", "inherit", "inherit"] }).exited;
}

async function toolRuntime(cacheDir?: string): Promise<Runtime> {
  return { java: await findJava(), jars: await ensureJars(cacheDir === undefined ? {} : { cacheDir }) };
}
