/** Orders out of a topic that is already full, decided by a program or several of its kind. */
import { INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { committedRecords } from "./committed-offsets.ts";
import { drainSample, stallMs, warmupShare } from "./draining.ts";
import { forgetGroup, renewTopic } from "./order-log.ts";
import type { Usage } from "./process-usage.ts";
import type { Bench, Sample } from "./scenario.ts";
import { paceOf, readDecisions, watchDecisions } from "./visible-decisions.ts";
import { startProgram } from "./working-process.ts";
import type { WorkingSubject } from "./working-subject.ts";

/**
 * All orders of `order-events`, from an empty `inventory-events` and a group that has read nothing.
 * @throws RunFailed unless each was decided once, by the rule
 */
export async function decideAll(
  bench: Bench,
  decider: WorkingSubject,
  orderIds: readonly string[],
  instances = 1,
): Promise<Sample> {
  const { cluster, signal } = bench;
  const { brokers } = cluster;
  const records = orderIds.length;
  const program = decider.program(bench);
  await forgetGroup(cluster, program.groupId);
  await renewTopic(cluster, INVENTORY_EVENTS);
  const processes = Array.from({ length: instances }, () => startProgram(program, signal));
  const ended = Promise.race(processes.map((process) => process.ended));
  let samples: Awaited<ReturnType<typeof watchDecisions>>;
  let usages: Usage[];
  try {
    const isDone = async () => (await committedRecords(cluster, program.groupId, [ORDER_EVENTS])) === records;
    samples = await watchDecisions({ brokers, records, stallMs, isDone, ended, signal });
    usages = processes.map((process) => process.usage());
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
  }
  const offsets = await readDecisions(brokers, samples.at(-1)!.ends, orderIds);
  const pace = paceOf(samples, offsets, Math.floor(records * warmupShare));
  return drainSample({ pace, records, usages, startedAtMs: processes[0]!.startedAtMs });
}
