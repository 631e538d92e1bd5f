/**
 * Whether Kafka can be reached, found out by asking it. An answer holds for a moment, and all who ask meanwhile share
 * one question: health checks never become load.
 */

export interface KafkaState {
  readonly isReachable: boolean;
  /** How many brokers the cluster has, when it answered. */
  readonly brokers: number;
}

export interface KafkaHealth {
  /** The state, no older than `cacheMs`. Never rejects. */
  check(): Promise<KafkaState>;
}

export interface KafkaHealthOptions {
  /** Asks the cluster for its brokers; rejects when none answers in time. */
  describeCluster: (options: { timeoutMs: number }) => Promise<{ readonly brokers: readonly unknown[] }>;
  timeoutMs?: number;
  cacheMs?: number;
  /** Told when Kafka was lost (with the reason) and when it is back; at first it is taken to be there. */
  onChange?: (state: KafkaState, reason: unknown) => void;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

export function createKafkaHealth({
  describeCluster,
  timeoutMs = 1000,
  cacheMs = 1000,
  onChange = () => {},
  now = () => performance.now(),
}: KafkaHealthOptions): KafkaHealth {
  let pending: Promise<KafkaState> | undefined;
  let last: KafkaState | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;

  async function ask(): Promise<KafkaState> {
    let state: KafkaState;
    let reason: unknown;
    try {
      const { brokers } = await describeCluster({ timeoutMs });
      state = { isReachable: true, brokers: brokers.length };
    } catch (error) {
      state = { isReachable: false, brokers: 0 };
      reason = error;
    }
    const hasChanged = state.isReachable !== (last?.isReachable ?? true);
    last = state;
    lastAt = now();
    pending = undefined;
    if (hasChanged) onChange(state, reason);
    return state;
  }

  return {
    check() {
      if (last !== undefined && now() - lastAt < cacheMs) return Promise.resolve(last);
      pending ??= ask();
      return pending;
    },
  };
}
