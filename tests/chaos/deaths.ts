/**
 * The hardest way to lose a writer of counts: it dies with a transaction open, another commits behind that and dies too, and both their partitions are
 * restored while what the second committed is still hidden from readers of committed records.
 */
import { until } from "../support/until.ts";
import type { RunWorld } from "./run.ts";
import type { Triggers } from "./stops.ts";

/** The others commit twice a second. */
const COMMITTED_BEHIND_MS = 1_200;
const RECOVERY_DEADLINE_MS = 90_000;

/** So that partitions are restored before Kafka aborts what the dead have left open. */
export const RESTORE_SETTINGS = {
  environment: { KAFKA_SESSION_TIMEOUT: "2s" },
  properties: { "transaction.abort.timed.out.transaction.cleanup.interval.ms": 20_000 },
} as const;

export async function dieInTransaction({ fleet }: RunWorld, triggers: Triggers, time: number): Promise<void> {
  const instances = fleet.of("analytics");
  const [first, second] = [instances[time % instances.length]!, instances[(time + 1) % instances.length]!];
  await Promise.all(instances.map((instance) => instance.process.ready(RECOVERY_DEADLINE_MS)));
  first.expectDeath();
  await triggers.pull("die-in-transaction", first.process.pid, () => !first.process.isRunning);
  await Bun.sleep(COMMITTED_BEHIND_MS);
  await second.kill();
  first.revive();
  second.revive();
  await Promise.all(instances.map((instance) => instance.process.ready(RECOVERY_DEADLINE_MS)));
  await until(
    "the file is written again",
    async () => {
      const { timestamp } = (await fleet.metrics()) ?? {};
      return timestamp !== undefined && Date.now() - Date.parse(timestamp) < 3_000;
    },
    { deadlineMs: RECOVERY_DEADLINE_MS, everyMs: 100 },
  );
}
