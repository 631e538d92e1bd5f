/** What the commands of this folder have alike: arguments that are refused in words, numbers with a range, exit codes. */

import type { Admin } from "@campus/kafka";
import { isEmpty } from "./group.ts";
import { until } from "./until.ts";

/** Ways to end and to start a consumer, depending on how it was started. */
export const HOW_TO_STOP = `  docker compose stop SERVICE      (analytics_consumer or inventory_consumer)
  Ctrl-C                           (where \`bun run analytics\` or \`bun run inventory\` runs)`;
export const HOW_TO_START = `  docker compose start SERVICE     (analytics_consumer or inventory_consumer)
  bun run analytics                (or inventory; with KAFKA_BROKER set)`;

/** An argument that can't be used. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for could not be shown to be so; the message is for the user. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A whole number within a range. @throws UsageError naming the option */
export function wholeNumber(
  option: string,
  given: string,
  { min, max }: { min: number; max: number },
): number {
  const value = /^\d{1,12}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${option} is "${given}": it takes a whole number from ${min} to ${max}`);
}

/** Asks the user to stop a group's consumers and waits until they have left. @throws after the deadline */
export async function untilStopped(admin: Admin, groupId: string, deadlineMs: number): Promise<void> {
  if (await isEmpty(admin, groupId)) return;
  console.log(`\nNow stop the consumers of ${groupId}:\n${HOW_TO_STOP}`);
  await until(`${groupId} has no members any more`, () => isEmpty(admin, groupId), {
    deadlineMs,
    everyMs: 250,
  });
}

/** Runs a command to its exit code; a `--help` prints the usage. */
export async function runCommand(usage: string, command: () => Promise<number>): Promise<never> {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    process.exit(await command());
  } catch (error) {
    if (error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) {
      console.error(`${(error as Error).message}\n\n${usage}`);
      process.exit(2);
    }
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
