/** The producer's settings: one table that reads the environment and documents itself. */
import { choice, commonSettings, duration, integer, type Settings, text } from "@campus/service";

/** Where the management port is unless `MANAGEMENT_PORT` says otherwise. */
export const MANAGEMENT_PORT = 9201;

/** Prefixes of the producer's own variables. */
export const PREFIXES: readonly string[] = ["PRODUCER_"];

export const SETTINGS = {
  port: integer("PORT", {
    default: 8201,
    min: 0,
    max: 65_535,
    description: "Where orders come in; 0 takes a free port",
  }),
  host: text("HOST", {
    default: "127.0.0.1",
    description: "Address to listen on; 0.0.0.0 is every address of this machine",
  }),
  ...commonSettings({ managementPort: MANAGEMENT_PORT }),
  acknowledge: choice("ACKNOWLEDGE", {
    values: ["acknowledged", "enqueued"],
    default: "acknowledged",
    description:
      "When an order is answered 202: acknowledged by all in-sync replicas, or enqueued for sending, which is weaker: such an order is lost if Kafka does not take it or the process is killed",
  }),
  idempotencyWindowMs: duration("PRODUCER_IDEMPOTENCY_WINDOW", {
    default: 600_000,
    min: 1000,
    max: 86_400_000,
    description: "How long this process remembers an Idempotency-Key and what became of its request",
  }),
  idempotencyMaxKeys: integer("PRODUCER_IDEMPOTENCY_MAX_KEYS", {
    default: 100_000,
    min: 1000,
    max: 10_000_000,
    description:
      "Idempotency-Keys remembered at most, the latest; a batch published in part counts once an order",
  }),
  lingerMs: duration("PRODUCER_LINGER", {
    default: 0.5,
    min: 0,
    max: 1000,
    description: "How long an order waits for others to share a request with",
  }),
  compression: choice("PRODUCER_COMPRESSION", {
    values: ["none", "gzip", "snappy", "lz4", "zstd"],
    default: "lz4",
    description: "How batches of events are compressed",
  }),
  deliveryTimeoutMs: duration("PRODUCER_DELIVERY_TIMEOUT", {
    default: 4000,
    min: 2000,
    max: 60_000,
    description: "By when an order is answered 503 or 504 if Kafka has not acknowledged it",
  }),
  maxInFlight: integer("PRODUCER_MAX_IN_FLIGHT", {
    default: 50_000,
    min: 1000,
    max: 1_000_000,
    description: "Orders sent and not yet acknowledged; more are answered 503 at once",
  }),
} as const;

/**
 * librdkafka looks for timed-out records once a second, so an answer comes up to this much after its timeout, in
 * milliseconds. It is taken off the setting, which is a promise to clients.
 */
export const TIMEOUT_SCAN_MS = 1000;

export type Config = Settings<typeof SETTINGS>;
