/** The analytics consumer's settings: all from the environment, read once at start. */
import { choice, commonSettings, duration, integer, text } from "@campus/service";

/** The group whose members share the partitions, and with whose offsets the counts are kept. */
export const GROUP = "analytics-group";

/** Of a request for topics, in milliseconds: it must not hold up the end of a process that still waits for Kafka. */
export const ADMIN_TIMEOUT_MS = 3_000;

/**
 * Of the transactions that keep the counts, in milliseconds. Short, because Kafka aborts what a killed instance left open only after this, and its
 * heirs wait for that; they take tens of milliseconds.
 */
export const TRANSACTION_TIMEOUT_MS = 5_000;

/** Where `/live`, `/ready` and `/metrics` are unless another port is asked for. */
export const MANAGEMENT_PORT = 9203;

/** Prefixes of variables this service answers for, besides those all services share. */
export const PREFIXES: readonly string[] = ["ANALYTICS_"];

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
} as const;
