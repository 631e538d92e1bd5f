/**
 * A Kafka producer that outlives its fatal errors. An idempotent producer that lost its sequence, or its right to one,
 * can send nothing more; so it is closed, which settles everything in flight, and another takes its place. Meanwhile
 * sends are refused with the fatal error: nothing is queued here. Renewals that follow each other keep more and more
 * distance, so that a cluster that refuses every producer is not stormed.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { KafkaError, Producer } from "@campus/kafka";

/** What is needed of a producer of `@campus/kafka`. */
export type RenewableProducer = Pick<Producer, "send" | "sendBatch" | "describeCluster" | "close">;

export interface RenewingProducer extends RenewableProducer {
  /** False from a fatal error until its successor has reached the cluster. */
  readonly isReady: boolean;
  /** How often the producer was replaced. */
  readonly renewals: number;
}

export interface RenewingProducerOptions {
  /** Makes a producer that tells of its fatal error by `onFatal`. */
  create: (onFatal: (error: KafkaError) => void) => RenewableProducer;
  /** Told of each fatal error. */
  onLost: (error: KafkaError) => void;
  /** Told when the successor is ready. */
  onRenewed: () => void;
  /** How long what is in flight gets to be acknowledged before it is given up, in milliseconds. */
  flushTimeoutMs: number;
  /** Pause before the second renewal in a row, in milliseconds; it doubles with each further one, up to `maxPauseMs`. */
  pauseMs?: number;
  maxPauseMs?: number;
  /** A producer that lived this long before its fatal error begins a new row, in milliseconds. */
  calmMs?: number;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

/** How long one question to the cluster may take, and the pause before the next, in milliseconds. */
const PROBE_TIMEOUT_MS = 1000;
const PROBE_PAUSE_MS = 200;

export function createRenewingProducer({
  create,
  onLost,
  onRenewed,
  flushTimeoutMs,
  pauseMs = 1000,
  maxPauseMs = 30_000,
  calmMs = 60_000,
  now = () => performance.now(),
}: RenewingProducerOptions): RenewingProducer {
  const closing = new AbortController();
  /** How many producers there were; the number of the present one. */
  let life = 0;
  let fatal: KafkaError | undefined;
  let isProven = true;
  let inARow = 0;
  let bornAt = now();
  let renewing = Promise.resolve();
  let producer = bear();

  function bear(): RenewableProducer {
    const own = ++life;
    bornAt = now();
    return create((error) => {
      if (own !== life || fatal !== undefined || closing.signal.aborted) return;
      fatal = error;
      onLost(error);
      renewing = renew();
    });
  }

  async function renew(): Promise<void> {
    inARow = now() - bornAt >= calmMs ? 1 : inARow + 1;
    await producer.close({ timeoutMs: flushTimeoutMs });
    if (inARow > 1) await pause(Math.min(maxPauseMs, pauseMs * 2 ** (inARow - 2)));
    if (closing.signal.aborted) return;
    fatal = undefined;
    isProven = false;
    producer = bear();
    void prove(life);
  }

  /** Ready only once the cluster answers this very producer. */
  async function prove(own: number): Promise<void> {
    const isDue = () => own === life && fatal === undefined && !closing.signal.aborted;
    while (isDue()) {
      const isReached = await producer.describeCluster({ timeoutMs: PROBE_TIMEOUT_MS }).then(
        () => true,
        // Whether the cluster can be reached is told elsewhere; here it only means to ask again.
        () => false,
      );
      if (isReached && isDue()) {
        isProven = true;
        return onRenewed();
      }
      await pause(PROBE_PAUSE_MS);
    }
  }

  /** Shorter when the producer is being closed. */
  async function pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: closing.signal }).catch(() => {});
  }

  return {
    get isReady() {
      return fatal === undefined && isProven;
    },
    get renewals() {
      return life - 1;
    },
    send: (...record) => (fatal === undefined ? producer.send(...record) : Promise.reject(fatal)),
    sendBatch: (...records) => (fatal === undefined ? producer.sendBatch(...records) : Promise.reject(fatal)),
    describeCluster: (options) =>
      fatal === undefined ? producer.describeCluster(options) : Promise.reject(fatal),
    async close(options) {
      closing.abort();
      await Promise.all([producer.close(options), renewing]);
    },
  };
}
