/**
 * A connection to a cluster that has been tried: one request is made first, with a short deadline, so that a cluster that is not there is
 * said in seconds and in one line, whatever a command would have asked.
 */
import { type Admin, createAdmin, KafkaError } from "@campus/kafka";
import { isUnreachable, unreachable } from "./exit-code.ts";

/** For the first answer: a command that gets none ends within five seconds of its start. */
const FIRST_ANSWER_MS = 4_000;

/** Of each request after that. */
const REQUEST_TIMEOUT_MS = 15_000;

export interface Connection extends AsyncDisposable {
  readonly admin: Admin;
  /** As they were given. */
  readonly brokers: string;
}

/** @throws CommandError (exit code 3) with what the connection said when no broker answers in time */
export async function connect(brokers: string): Promise<Connection> {
  const probe = open(brokers, FIRST_ANSWER_MS);
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
  const admin = open(brokers, REQUEST_TIMEOUT_MS);
  return { admin, brokers, [Symbol.asyncDispose]: () => admin.close() };
}

/** What goes wrong on the way is said by the request that fails. */
function open(brokers: string, timeoutMs: number): Admin {
  return createAdmin({ brokers, clientId: "orders", timeoutMs, onLog: () => undefined });
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
