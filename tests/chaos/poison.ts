/** Records that are no event, written straight into order-events at a share of the load: what a foreign program might do by mistake. */
import { ORDER_EVENTS } from "@campus/events";
import { createProducer } from "@campus/kafka";

const KINDS: readonly (string | null)[] = [
  "{",
  "no event",
  '{"event_type":"OrderPlaced"}',
  null,
  "\u0001\u0002",
];

export interface Poison {
  readonly written: number;
  stop(): Promise<void>;
}

/** Keys are spread over all partitions, as those of orders are. */
export function startPoison(brokers: string, perSecond: number): Poison {
  const producer = createProducer({ brokers, clientId: "poisoner", onLog() {}, onError() {} });
  let [next, written] = [0, 0];
  const sending = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const value = KINDS[next % KINDS.length]!;
    const sent = producer
      .send(ORDER_EVENTS, { key: `poison-${next++}`, value })
      .then(() => void written++)
      // A broker was down: what was not written can't be missed.
      .catch(() => undefined)
      .finally(() => sending.delete(sent));
    sending.add(sent);
  }, 1_000 / perSecond);
  return {
    get written() {
      return written;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(sending);
      await producer.close();
    },
  };
}
