/** The inventory consumer's settings: all from the environment, read once at start. */
import { commonSettings, DEAD_LETTERS_PREFIX, deadLetterSettings, integer } from "@campus/service";

/** The group whose members share the orders. */
export const GROUP = "inventory-group";

/** Of a request for topics, in milliseconds: it must not hold up the end of a process that still waits for Kafka. */
export const ADMIN_TIMEOUT_MS = 3_000;

/** Where `/live`, `/ready` and `/metrics` are unless another port is asked for. */
export const MANAGEMENT_PORT = 9202;

/** Prefixes of variables this service answers for, besides those all services share. */
export const PREFIXES: readonly string[] = ["INVENTORY_", DEAD_LETTERS_PREFIX];

export const SETTINGS = {
  ...commonSettings({ managementPort: MANAGEMENT_PORT }),
  ...deadLetterSettings(),
  batchMaxRecords: integer("INVENTORY_BATCH_MAX_RECORDS", {
    default: 10_000,
    min: 1,
    max: 100_000,
    description: "The most orders of one partition decided, published and committed at a time",
  }),
} as const;
