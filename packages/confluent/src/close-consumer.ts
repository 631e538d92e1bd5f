/**
 * Leaving the group. librdkafka revokes what the consumer holds and waits until it is given back, so its events are served until it says that
 * it has left: on waking, and from time to time, since the last step wakes nobody.
 */
import { librdkafka, type Pointer } from "@campus/kafka/native";
import { serveMain } from "./consumption.ts";
import { takeFailure } from "./failure.ts";
import type { Session } from "./session.ts";

const lookEveryMs = 10;

export interface ClosingConsumer {
  /** Something came to a queue. */
  readonly wake: () => void;
  readonly closed: Promise<void>;
}

/** @param onEvent gets rebalances, commits, errors and statistics. It must not keep the event. */
export function closeConsumer(
  session: Session,
  onEvent: (type: number, event: Pointer) => void,
): ClosingConsumer {
  const lib = librdkafka();
  const rk = session.rk.pointer;
  const queue = session.createQueue("close queue");
  const { promise, resolve } = Promise.withResolvers<void>();
  const refused = lib.rd_kafka_consumer_close_queue(rk, queue.pointer);
  // A consumer that can't go on can't leave either: it is destroyed all the same.
  if (refused) takeFailure(refused);
  let ended = false;
  const serve = (): void => {
    if (ended) return;
    serveMain(session, onEvent);
    for (let event = session.poll(queue); event; event = session.poll(queue)) {
      try {
        const type = lib.rd_kafka_event_type(event);
        if (type !== fetchEvent && type !== errorEvent) onEvent(type, event);
      } finally {
        lib.rd_kafka_event_destroy(event);
      }
    }
    if (!refused && lib.rd_kafka_consumer_closed(rk) === 0) return;
    ended = true;
    clearInterval(timer);
    resolve();
  };
  const timer = setInterval(serve, lookEveryMs);
  setImmediate(serve);
  return { wake: serve, closed: promise.finally(() => queue.release()) };
}

const fetchEvent = 0x2; // RD_KAFKA_EVENT_FETCH
const errorEvent = 0x8; // RD_KAFKA_EVENT_ERROR: of a partition, on this queue
