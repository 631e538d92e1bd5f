/**
 * Orders on their way into Kafka: sends events and says what became of them, in values rather than errors, because
 * each outcome has an answer of its own. The number of orders in flight has a bound, and past it there is no queue.
 */
import { type Codec, encodeEvent, type OrderPlaced } from "@campus/events";
import { BatchError, KafkaError, type Producer, type ProducerRecord } from "@campus/kafka";
import type { WrittenEvent } from "./written-orders.ts";

/** What became of an event that was sent. Only `acknowledged` means that it is in Kafka; `unknown` that it may be. */
export type Outcome = "acknowledged" | "failed" | "unknown";

/** The same, or that there was no room and nothing was sent. */
export type PublishOutcome = Outcome | "full";

/** Of a batch: one outcome if all orders share it, else one each, by their place. */
export type BatchOutcome = PublishOutcome | readonly Outcome[];

/** Headers of each record of a send. Records without any take a faster way into the Kafka client. */
export type RecordHeaders = Readonly<Record<string, string>>;

/** The event of an order: as it is, or one that writes itself, which it does before the call that sends it returns. */
export type OrderEvent = OrderPlaced | WrittenEvent;

/** What the HTTP side needs. */
export interface Publisher {
  publish(event: OrderEvent, headers?: RecordHeaders): Promise<PublishOutcome>;
  publishBatch(events: readonly OrderEvent[], headers?: RecordHeaders): Promise<BatchOutcome>;
}

/** How many orders had each outcome since the start. */
export type OutcomeCounts = Readonly<Record<PublishOutcome, number>>;

export interface KafkaPublisher extends Publisher {
  /** Orders sent whose outcome is not known yet. */
  readonly inFlight: number;
  readonly counts: OutcomeCounts;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
}

export interface PublisherOptions {
  producer: Pick<Producer, "send" | "sendBatch">;
  topic: string;
  codec: Codec;
  /** Most orders in flight. */
  maxInFlight: number;
  /** Told of each send that failed, with how many orders it took along. */
  onFailure: (error: KafkaError, orders: number) => void;
}

export function createPublisher({
  producer,
  topic,
  codec,
  maxInFlight,
  onFailure,
}: PublisherOptions): KafkaPublisher {
  const counts = { acknowledged: 0, failed: 0, unknown: 0, full: 0 };
  let inFlight = 0;
  let waiters: (() => void)[] = [];

  /** Sends `orders` orders at once if there is room for them; what it gives is the outcome of all of them. */
  async function send(orders: number, deliver: () => Promise<unknown>): Promise<BatchOutcome> {
    if (inFlight + orders > maxInFlight) {
      counts.full += orders;
      return "full";
    }
    inFlight += orders;
    try {
      await deliver();
      counts.acknowledged += orders;
      return "acknowledged";
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      const outcome = outcomeOf(error, orders);
      if (outcome !== "full") onFailure(error, orders);
      for (const each of typeof outcome === "string"
        ? Array<PublishOutcome>(orders).fill(outcome)
        : outcome) {
        counts[each] += 1;
      }
      return outcome;
    } finally {
      inFlight -= orders;
      if (inFlight === 0 && waiters.length > 0) {
        for (const resolve of waiters) resolve();
        waiters = [];
      }
    }
  }

  function record(event: OrderEvent, headers: RecordHeaders | undefined): ProducerRecord {
    const written = "value" in event ? event : { key: event.order_id, value: encodeEvent(event, codec) };
    return headers === undefined ? written : { ...written, headers };
  }

  return {
    get inFlight() {
      return inFlight;
    },
    counts,
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    // A single send never fails in part.
    publish: (event, headers) =>
      send(1, () => producer.send(topic, record(event, headers))) as Promise<PublishOutcome>,
    publishBatch(events, headers) {
      const records = () => events.map((event) => record(event, headers));
      return send(events.length, () => producer.sendBatch(topic, records()));
    },
  };
}

function outcomeOf(error: KafkaError, orders: number): BatchOutcome {
  if (error instanceof BatchError) {
    const outcomes = Array<Outcome>(orders).fill("acknowledged");
    for (const { index, error: failure } of error.failures) outcomes[index] = failureOf(failure);
    return outcomes;
  }
  return error.name === "_QUEUE_FULL" ? "full" : failureOf(error);
}

function failureOf(error: KafkaError): Outcome {
  return error.possiblyPersisted ? "unknown" : "failed";
}
