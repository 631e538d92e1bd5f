/** The scenarios by name, in the order they run. A new one is a file here and a line below. */
import type { Scenario } from "../harness/scenario.ts";
import { analytics } from "./analytics.ts";
import { clientConsume } from "./client-consume.ts";
import { clientLatency } from "./client-latency.ts";
import { clientMemory } from "./client-memory.ts";
import { clientProduce } from "./client-produce.ts";
import { endToEnd } from "./end-to-end.ts";
import { httpBatch } from "./http-batch.ts";
import { httpOpen } from "./http-open.ts";
import { httpOrder } from "./http-order.ts";
import { httpSlow } from "./http-slow.ts";
import { inventory } from "./inventory.ts";
import { lag } from "./lag.ts";
import { memory } from "./memory.ts";
import { models } from "./models.ts";
import { scale } from "./scale.ts";

export const scenarios: readonly Scenario[] = [
  clientProduce,
  clientConsume,
  clientLatency,
  clientMemory,
  inventory,
  analytics,
  httpOrder,
  httpBatch,
  httpOpen,
  httpSlow,
  endToEnd,
  lag,
  scale,
  memory,
  models,
];
