/** The analytics consumer's settings: all from the environment, read once at start. */
import { choice, commonSettings, duration, hostNames, integer, optional, text } from "@campus/service";

/** The group whose members share the partitions, and with whose offsets the counts are kept. */
export const GROUP = "analytics-group";

/** Of a request for topics, in milliseconds: it must not hold up the end of a process that still waits for Kafka. */
export const ADMIN_TIMEOUT_MS = 3_000;

/**
 * Of the transactions that keep the counts, in milliseconds. Short, because Kafka aborts what a killed instance left open only after this, and its
 * heirs wait for that; they take tens of milliseconds.
 */
export const TRANSACTION_TIMEOUT_MS = 5_000;

/** Of putting offsets into one: what moves is found by then, or librdkafka has missed it and a new producer finds it. */
export const OFFSETS_TIMEOUT_MS = 3_000;

/** Where `/live`, `/ready` and `/metrics` are unless another port is asked for. */
export const MANAGEMENT_PORT = 9203;

/** Prefixes of variables this service answers for, besides those all services share. */
export const PREFIXES: readonly string[] = ["ANALYTICS_", "DASHBOARD_"];

/** Where the dashboard is unless another port is asked for. */
export const DASHBOARD_PORT = 8202;

export const SETTINGS = {
  ...commonSettings({ managementPort: MANAGEMENT_PORT }),
  state: choice("ANALYTICS_STATE", {
    values: ["topic", "commit"],
    default: "topic",
    description:
      "Where counts are kept: in the topic analytics-state, with offsets and dead letters in one transaction; or in the metadata " +
      "of the offset commits, for a cluster without transactions. The same for every instance",
  }),
  metricsFile: text("ANALYTICS_METRICS_FILE", {
    default: "analytics_output/metrics_output.json",
    description: "The file that is replaced with the newest figures",
  }),
  intervalMs: duration("ANALYTICS_INTERVAL", {
    default: 10_000,
    min: 100,
    max: 3_600_000,
    description: "How often the metrics file is written",
  }),
  commitIntervalMs: duration("ANALYTICS_COMMIT_INTERVAL", {
    default: 500,
    min: 10,
    max: 60_000,
    description:
      "How often offsets and counts are kept; after a crash that much is read again, and counted once",
  }),
  batchMaxRecords: integer("ANALYTICS_BATCH_MAX_RECORDS", {
    default: 10_000,
    min: 1,
    max: 100_000,
    description: "The most events of one partition counted at a time",
  }),
  dashboardHost: text("DASHBOARD_HOST", {
    default: "127.0.0.1",
    description:
      "Address of the dashboard. Whoever reaches it sees all figures and can place orders: it asks for no key",
  }),
  dashboardPort: optional(
    integer("DASHBOARD_PORT", {
      default: DASHBOARD_PORT,
      min: 0,
      max: 65_535,
      description: "Port of the dashboard; 0 takes a free one",
    }),
    `${DASHBOARD_PORT}, or a free port if that is taken`,
  ),
  dashboardHosts: hostNames("DASHBOARD_ALLOWED_HOSTS", {
    description: "Names in the Host header under which the dashboard is served, without ports; * is any",
  }),
  producerUrl: text("DASHBOARD_PRODUCER_URL", {
    default: "http://127.0.0.1:8201",
    description: "Where the dashboard's form sends its orders",
  }),
} as const;
