/**
 * A connection to a cluster that has been tried: one request is made first, with a short deadline, so that a cluster that is not there is
 * said in seconds and in one line, whatever a command would have asked.
 */
import { type Admin, createAdmin, KafkaError } from "@campus/kafka";
import type { KafkaSecurity } from "@campus/service";
import { isUnreachable, unreachable } from "./exit-code.ts";

/** For the first answer: a command that gets none ends within five seconds of its start. */
const FIRST_ANSWER_MS = 4_000;

/** Of each request after that. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Where Kafka is and how to connect to it: options of every client. */
export interface KafkaAccess extends KafkaSecurity {
  /** Addresses, separated by commas. */
  readonly brokers: string;
}

export interface Connection extends AsyncDisposable {
  readonly admin: Admin;
  /** For clients of the command's own. */
  readonly kafka: KafkaAccess;
  /** As they were given. */
  readonly brokers: string;
}

/** @throws CommandError (exit code 3) with what the connection said when no broker answers in time */
export async function connect(kafka: KafkaAccess): Promise<Connection> {
  const { brokers } = kafka;
  const probe = open(kafka, FIRST_ANSWER_MS);
  try {
    await probe.describeCluster();
  } catch (error) {
    if (error instanceof KafkaError && isUnreachable(error)) {
      throw unreachable(brokers, reasonOf(error), error);
    }
    throw error;
  } finally {
    // Not waited for: a thread that still knocks at a silent broker ends in its own time, or with the process.
    void probe.close();
  }
  const admin = open(kafka, REQUEST_TIMEOUT_MS);
  return { admin, kafka, brokers, [Symbol.asyncDispose]: () => admin.close() };
}

/** What goes wrong on the way is said by the request that fails. */
function open(kafka: KafkaAccess, timeoutMs: number): Admin {
  return createAdmin({ ...kafka, clientId: "orders", timeoutMs, onLog: () => undefined });
}

/** What the last attempt to connect ended with, without librdkafka's own names for threads and states around it. */
export function reasonOf({ cause }: Pick<KafkaError, "cause">): string {
  if (!(cause instanceof KafkaError)) return `no answer within ${FIRST_ANSWER_MS / 1000} s`;
  return cause.message
    .replace(/^\w+: (?:\S+\/\S+: )?/, "")
    .replace(/ \(_[A-Z_]+\)$/, "")
    .replace(/ \(after \d+ms in state [^()]*(?:\([^()]*\)[^()]*)*\)/, "")
    .replace(/\bipv[46]#/g, "")
    .replace(/\.$/, "");
}
