/**
 * Requests that only a group's coordinator can answer. While a cluster starts, or a coordinator moves, brokers say "not me" or "not yet",
 * and that is no answer to the user's question: it is asked again for a while.
 */
import { KafkaError } from "@campus/kafka";

const MOVING = new Set(["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS"]);

export interface PatienceOptions {
  /** How long in all. Default 10 000 ms. */
  readonly deadlineMs?: number;
  /** Between two attempts. Default 100 ms. */
  readonly backoffMs?: number;
}

/** Asks until there is an answer of a coordinator. @throws the last refusal after the deadline, and any other error at once */
export async function askCoordinator<T>(
  ask: () => Promise<T>,
  { deadlineMs = 10_000, backoffMs = 100 }: PatienceOptions = {},
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isMoving = error instanceof KafkaError && MOVING.has(error.name);
      if (!isMoving || performance.now() >= deadline) throw error;
      await Bun.sleep(backoffMs);
    }
  }
}
