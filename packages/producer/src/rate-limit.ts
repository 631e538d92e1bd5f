/**
 * How many orders each client may place: a token bucket a client, filled at a steady rate up to the burst. Told in the
 * headers of draft-ietf-httpapi-ratelimit-headers. The number of buckets has a bound; a full one says nothing that a
 * new one would not, so those are forgotten first.
 */

export interface RateLimitOptions {
  ordersPerSecond: number;
  /** How many orders a client that was quiet may place at once. */
  burst: number;
  /** Most clients remembered. */
  maxClients?: number;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

export interface RateDecision {
  readonly isAllowed: boolean;
  /** Seconds until as many orders are allowed; infinite when they are more than a burst. 0 when they are allowed. */
  readonly retryAfterS: number;
  /** `RateLimit` and `RateLimit-Policy`, for the answer. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RateLimit {
  /** Takes the orders from a client's bucket, or none of them. */
  take(client: string, orders: number): RateDecision;
  readonly clients: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

export function createRateLimit({
  ordersPerSecond,
  burst,
  maxClients = 10_000,
  now = () => performance.now(),
}: RateLimitOptions): RateLimit {
  /** The one used longest ago first. */
  const buckets = new Map<string, Bucket>();
  const windowS = Math.max(1, Math.ceil(burst / ordersPerSecond));
  const policy = `"orders";q=${burst};w=${windowS}`;

  function bucketOf(client: string): Bucket {
    const at = now();
    const bucket = buckets.get(client) ?? { tokens: burst, filledAt: at };
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.filledAt) * ordersPerSecond) / 1000);
    bucket.filledAt = at;
    buckets.delete(client);
    if (buckets.size >= maxClients) forgetOne(at);
    buckets.set(client, bucket);
    return bucket;
  }

  /** Of the few used longest ago the fullest: to forget an empty one would give its client a burst. */
  function forgetOne(at: number): void {
    let fullest = "";
    let most = Number.NEGATIVE_INFINITY;
    let looked = 0;
    for (const [client, { tokens, filledAt }] of buckets) {
      const filled = tokens + ((at - filledAt) * ordersPerSecond) / 1000;
      if (filled > most) {
        most = filled;
        fullest = client;
      }
      if (filled >= burst || ++looked === 16) break;
    }
    buckets.delete(fullest);
  }

  return {
    get clients() {
      return buckets.size;
    },
    take(client, orders) {
      const bucket = bucketOf(client);
      const isAllowed = bucket.tokens >= orders;
      if (isAllowed) bucket.tokens -= orders;
      const secondsTo = (tokens: number) => Math.ceil(Math.max(0, tokens - bucket.tokens) / ordersPerSecond);
      return {
        isAllowed,
        retryAfterS: isAllowed
          ? 0
          : orders > burst
            ? Number.POSITIVE_INFINITY
            : Math.max(1, secondsTo(orders)),
        headers: {
          "ratelimit-policy": policy,
          ratelimit: `"orders";r=${Math.floor(bucket.tokens)};t=${secondsTo(burst)}`,
        },
      };
    },
  };
}

/** What tells apart clients without a key: an address, of IPv6 the network of 64 bits, which is one customer's. */
export function clientOfAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
