/** The analytics consumer's settings: all from the environment, read once at start. */
import {
  commonSettings,
  DEAD_LETTERS_PREFIX,
  deadLetterSettings,
  duration,
  integer,
  text,
} from "@campus/service";

/** The group whose members share the partitions, and beside whose offsets the counts are kept. */
export const GROUP = "analytics-group";

/** Of a request for topics, in milliseconds: it must not hold up the end of a process that still waits for Kafka. */
export const ADMIN_TIMEOUT_MS = 3_000;

/** Where `/live`, `/ready` and `/metrics` are unless another port is asked for. */
export const MANAGEMENT_PORT = 9203;

/** Prefixes of variables this service answers for, besides those all services share. */
export const PREFIXES: readonly string[] = ["ANALYTICS_", DEAD_LETTERS_PREFIX];

export const SETTINGS = {
  ...commonSettings({ managementPort: MANAGEMENT_PORT }),
  ...deadLetterSettings(),
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
      "How often offsets and counts are committed; after a crash that much is read again, and counted once",
  }),
  batchMaxRecords: integer("ANALYTICS_BATCH_MAX_RECORDS", {
    default: 10_000,
    min: 1,
    max: 100_000,
    description: "The most events of one partition counted at a time",
  }),
} as const;
