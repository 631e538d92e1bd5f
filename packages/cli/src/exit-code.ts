/**
 * How a command ends. Every expected end that is not a success is one of these errors: the message is for the user, one line where one
 * line says it, and the code is for scripts. Anything else that is thrown is a fault of this program and keeps its stack.
 */
import { KafkaError } from "@campus/kafka";

/** What a script can rely on; `--help` prints the same list. */
export const EXIT_CODE = Object.freeze({ ok: 0, failed: 1, badUsage: 2, unreachable: 3, refused: 4 });

/** The codes in words, for `--help`. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT_CODE.ok, "done"],
  [
    EXIT_CODE.failed,
    "failed: something asked for does not exist, Kafka would not do it, or verify found something wrong",
  ],
  [EXIT_CODE.badUsage, "bad usage: the command line or a setting can't be followed"],
  [EXIT_CODE.unreachable, "no broker could be reached"],
  [EXIT_CODE.refused, "refused: the group is active"],
];

/** An expected end of a command, with its exit code. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line can't be followed; the message says why and what would work. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";

  constructor(message: string) {
    super(EXIT_CODE.badUsage, message);
  }
}

/** What was asked for could not be done. */
export function failed(message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT_CODE.failed, message, { cause });
}

/** Nothing was changed, because a change would not be safe. */
export function refused(message: string): CommandError {
  return new CommandError(EXIT_CODE.refused, message);
}

/** No broker answers; `reason` is what the connection said. */
export function unreachable(brokers: string, reason: string, cause?: unknown): CommandError {
  const advice = "Is it running? Another cluster: --brokers HOST:PORT, or set KAFKA_BROKER.";
  return new CommandError(
    EXIT_CODE.unreachable,
    `Kafka at ${brokers} does not answer: ${reason}. ${advice}`,
    {
      cause,
    },
  );
}

/** How the client says that it has no broker to talk to. */
const UNREACHABLE = new Set([
  "_TIMED_OUT",
  "_TIMED_OUT_QUEUE",
  "_TRANSPORT",
  "_RESOLVE",
  "_ALL_BROKERS_DOWN",
]);

export function isUnreachable({ name }: KafkaError): boolean {
  return UNREACHABLE.has(name);
}

/** What was thrown as an expected end of a command, or undefined if it is none. */
export function toCommandError(error: unknown, brokers: string): CommandError | undefined {
  if (error instanceof CommandError) return error;
  if (!(error instanceof KafkaError)) return undefined;
  return isUnreachable(error)
    ? unreachable(brokers, error.message, error)
    : failed(`Kafka at ${brokers} says: ${error.message}`, error);
}
