/**
 * What the dashboard costs: CPU of analytics with nobody looking and with ten pages open, on real Apache Kafka with a few orders a second.
 * `bun tests/dashboard-cost.ts [--viewers 10] [--seconds 30]`
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startApache } from "@campus/broker";
import { burger, postJson } from "./support/http.ts";
import { startSystem } from "./support/system.ts";

const { values } = parseArgs({
  options: { viewers: { type: "string", default: "10" }, seconds: { type: "string", default: "30" } },
});
/** `USER_HZ`: what Linux counts CPU time in. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process so far, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

await using cluster = await startApache();
await using system = await startSystem({ brokers: cluster.brokers });
const load = setInterval(() => void postJson(`${system.url}/order`, burger), 200);

async function percent(seconds: number): Promise<number> {
  const from = cpuSeconds(system.analytics.pid);
  await Bun.sleep(seconds * 1000);
  return (100 * (cpuSeconds(system.analytics.pid) - from)) / seconds;
}

await Bun.sleep(5_000);
const alone = await percent(Number(values.seconds));
const leaving = new AbortController();
let texts = 0;
for (let viewer = 0; viewer < Number(values.viewers); viewer++) {
  const response = await fetch(`${system.dashboardUrl}/events`, { signal: leaving.signal });
  void (async () => {
    for await (const _ of response.body!) texts++;
  })().catch(() => undefined);
}
await Bun.sleep(5_000);
const watched = await percent(Number(values.seconds));
leaving.abort();
clearInterval(load);
console.log(
  `analytics: ${alone.toFixed(2)} % of a core with nobody looking, ${watched.toFixed(2)} % with ${values.viewers} pages open (${texts} texts): ${(watched - alone).toFixed(2)} % more`,
);
