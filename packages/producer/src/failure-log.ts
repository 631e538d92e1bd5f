/** A line for the first failed send, then one a second with how many there were: an outage must not fill the disk. */
import type { KafkaError } from "@campus/kafka";
import type { Logger } from "@campus/service";

export interface FailureLogOptions {
  log: Logger;
  /** Least time between two lines, in milliseconds. */
  intervalMs?: number;
}

/** Gives the function to tell of failures. */
export function createFailureLog({ log, intervalMs = 1000 }: FailureLogOptions) {
  let orders = 0;
  let timer: Timer | undefined;
  let last: KafkaError | undefined;

  function say(): void {
    timer = undefined;
    if (orders === 0) return;
    log.error("orders not acknowledged by Kafka: {error}", { orders, error: last });
    orders = 0;
    timer = setTimeout(say, intervalMs);
    // What is left to say at the end of the process is said by the answers.
    timer.unref();
  }

  return (error: KafkaError, count: number): void => {
    orders += count;
    last = error;
    if (timer === undefined) say();
  };
}
