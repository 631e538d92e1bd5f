/** The settings that every service has, and the prefixes whose variables each service answers for. */
import { kafkaSecuritySettings } from "./kafka-security.ts";
import { choice, duration, hostList, integer, optional, text } from "./setting.ts";

/** Levels of log lines, least important first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["pretty", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Variables with these prefixes belong to this table, whichever service reads it; more come from the service. */
export const COMMON_PREFIXES: readonly string[] = ["KAFKA_", "LOG_", "EVENT_", "MANAGEMENT_"];

/** The settings of every service; `managementPort` is where its `/live`, `/ready` and `/metrics` are by default. */
export function commonSettings({ managementPort }: { managementPort: number }) {
  return {
    brokers: hostList("KAFKA_BROKER", {
      default: ["127.0.0.1:9092"],
      description: "Kafka brokers to start from; the rest of the cluster is learned from them",
    }),
    ...kafkaSecuritySettings,
    replication: integer("KAFKA_REPLICATION", {
      default: 1,
      min: 1,
      max: 15,
      description: "Copies of each partition for topics this service creates, at most one a broker",
    }),
    // Kafka's own 45 s is long for a lunch break; a consumer that lives beats from a thread that nothing holds up. Brokers take
    // 6 s to 30 min unless told otherwise; the embedded cluster takes anything, and makes a group wait about this long.
    sessionTimeoutMs: duration("KAFKA_SESSION_TIMEOUT", {
      default: 10_000,
      min: 1000,
      max: 1_800_000,
      description: "How soon a consumer that was killed is noticed and its partitions go to others",
    }),
    stallTimeoutMs: duration("KAFKA_STALL_TIMEOUT", {
      default: 30_000,
      min: 500,
      max: 3_600_000,
      description:
        "How long a consumer may make no progress with records to read before it says that it is not ready",
    }),
    codec: choice("EVENT_CODEC", {
      values: ["json", "msgpack"],
      default: "json",
      description: "How events are written; both are always read",
    }),
    logLevel: choice("LOG_LEVEL", {
      values: LOG_LEVELS,
      default: "info",
      description: "The least important lines to log",
    }),
    logFormat: choice("LOG_FORMAT", {
      values: LOG_FORMATS,
      default: "pretty",
      description: "Lines for people or one JSON object a line",
    }),
    managementHost: text("MANAGEMENT_HOST", {
      default: "127.0.0.1",
      description: "Address for /live, /ready and /metrics",
    }),
    managementPort: optional(
      integer("MANAGEMENT_PORT", {
        default: managementPort,
        min: 0,
        max: 65_535,
        description: "Port for /live, /ready and /metrics; 0 takes a free one",
      }),
      `${managementPort}, or a free port if that is taken`,
    ),
  };
}
