/** Every figure, in the order of the table. */
import type { Scenario } from "../scenario.ts";
import { analyticsTotals } from "./analytics-totals.ts";
import { brokerKills } from "./broker-kills.ts";
import { exactlyOnce } from "./exactly-once.ts";
import { outage } from "./outage.ts";
import { poison } from "./poison.ts";
import { recovery } from "./recovery.ts";
import { restore } from "./restore.ts";
import { rollingRestarts } from "./rolling-restarts.ts";
import { sameKey } from "./same-key.ts";
import { zombie } from "./zombie.ts";

export const SCENARIOS: readonly Scenario[] = [
  brokerKills,
  exactlyOnce,
  analyticsTotals,
  zombie,
  restore,
  outage,
  recovery,
  sameKey,
  rollingRestarts,
  poison,
];
