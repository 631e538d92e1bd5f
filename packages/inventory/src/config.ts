/** The inventory consumer's settings: all from the environment, read once at start. */
import { choice, commonSettings, integer, type Settings } from "@campus/service";

/** The group whose members share the orders. */
export const GROUP = "inventory-group";

/** Of a request for topics, in milliseconds: it must not hold up the end of a process that still waits for Kafka. */
export const ADMIN_TIMEOUT_MS = 3_000;

/** Where `/live`, `/ready` and `/metrics` are unless another port is asked for. */
export const MANAGEMENT_PORT = 9202;

/** Prefixes of variables this service answers for, besides those all services share. */
export const PREFIXES: readonly string[] = ["INVENTORY_"];

export const SETTINGS = {
  ...commonSettings({ managementPort: MANAGEMENT_PORT }),
  delivery: choice("INVENTORY_DELIVERY", {
    values: ["exactly-once", "at-least-once"],
    default: "exactly-once",
    description:
      "Decisions and offset in one transaction, or decisions first and then the offset; the embedded cluster needs at-least-once, since it forgets offsets of transactions",
  }),
  batchMaxRecords: integer("INVENTORY_BATCH_MAX_RECORDS", {
    default: 20_000,
    min: 1,
    max: 50_000,
    description: "The most orders of one partition decided, published and committed at a time",
  }),
  windowOrders: integer("INVENTORY_DUPLICATE_WINDOW", {
    default: 100_000,
    min: 0,
    max: 5_000_000,
    description:
      "How many of a partition's last orders are remembered, so that one that comes again is not decided again; about 100 bytes each",
  }),
  maxAttempts: integer("INVENTORY_MAX_ATTEMPTS", {
    default: 3,
    min: 1,
    max: 10,
    description: "How often an order is tried that can't be decided, before it becomes a dead letter",
  }),
} as const;

export type InventorySettings = Settings<typeof SETTINGS>;
