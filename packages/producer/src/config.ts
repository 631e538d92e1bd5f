/** The producer's settings: one table that reads the environment and documents itself. */
import { BATCH_MAX_ORDERS } from "@campus/events";
import {
  choice,
  commonSettings,
  duration,
  hostNames,
  integer,
  optional,
  type Settings,
  text,
} from "@campus/service";

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
  processes: integer("PRODUCER_PROCESSES", {
    default: 1,
    min: 1,
    max: 64,
    description:
      "Processes that share the port, each with its own connections to Kafka, memory of keys and rate limit",
  }),
  tlsCertFile: optional(
    text("TLS_CERT_FILE", {
      default: "",
      description: "File with the server's certificate, PEM, chain included",
    }),
    "HTTP in the clear",
  ),
  tlsKeyFile: optional(
    text("TLS_KEY_FILE", { default: "", description: "File with the certificate's private key, PEM" }),
    "HTTP in the clear",
  ),
  bodyMemoryMiB: integer("PRODUCER_BODY_MEMORY_MIB", {
    default: 64,
    min: 1,
    max: 4096,
    description:
      "MiB of request bodies being read at once; more are answered 503 at once, so slow clients can't take all memory",
  }),
  maxConnections: integer("PRODUCER_MAX_CONNECTIONS", {
    default: 10_000,
    min: 0,
    max: 1_000_000,
    description:
      "Connections that a process has open at once, and no more than three quarters of ulimit -n; new ones wait until others end. Linux only. 0 is any number",
  }),
  recentOrders: integer("PRODUCER_RECENT_ORDERS", {
    default: 100_000,
    min: 0,
    max: 10_000_000,
    description:
      "Orders whose state GET /orders/:id knows, the latest ones (a hundred bytes each); topics are read while somebody asks. 0: no such route",
  }),
  otelSdkModule: optional(
    text("OTEL_SDK_MODULE", {
      default: "",
      description:
        "File or package that registers an OpenTelemetry SDK when it is imported, which happens at start; its exporter has settings of its own",
    }),
    "no spans; a client's trace context still goes through to the records",
  ),
  allowedHosts: hostNames("ALLOWED_HOSTS", {
    description:
      "Names in the Host header under which orders are taken, without ports; * is any. A proxy that passes its own name on needs it here",
  }),
  apiKeysFile: optional(
    text("API_KEYS_FILE", {
      default: "",
      description:
        "File with the API keys in force, a name and a key a line; SIGHUP reads it again. With it, orders are taken with a key only",
    }),
    "no keys are asked for, which is possible on loopback, or with ALLOW_ANONYMOUS=1",
  ),
  allowAnonymous: choice("ALLOW_ANONYMOUS", {
    values: ["0", "1"],
    default: "0",
    description: "1 takes orders without an API key on an address that other machines can reach",
  }),
  rateLimit: integer("PRODUCER_RATE_LIMIT", {
    default: 0,
    min: 0,
    max: 10_000_000,
    description:
      "Orders a second that one client may place (one API key, or without keys one address) before it is answered 429; 0 is any number",
  }),
  rateBurst: integer("PRODUCER_RATE_BURST", {
    default: BATCH_MAX_ORDERS,
    min: 1,
    max: 10_000_000,
    description: "Orders that such a client may place at once after it was quiet",
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
