/** Reads what Kafka's performance tools print. */
import type { Outcome, WorkSettings } from "../../harness/subject.ts";
import { RunFailed } from "../../harness/subject-process.ts";

/** `550000 steady state records sent, 381944.444444 records/sec (91.06 MB/sec), …` */
const steadyState = /^(\d+) steady state records sent, ([\d.]+) records\/sec/m;
/** The same over all records, where there was no warm-up. */
const overall = /^(\d+) records sent, ([\d.]+) records\/sec/m;

export function parseProducerPerformance(stdout: string, { warmup }: Pick<WorkSettings, "warmup">): Outcome {
  const [, sent, rate] = (warmup > 0 ? steadyState : overall).exec(stdout) ?? unreadable(stdout);
  const records = Number(sent);
  // It does not count failures; that all records are in the topic is checked there.
  return { records, total: records + warmup, seconds: records / Number(rate), lost: 0 };
}

/**
 * One line of start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s. The time of fetching is all
 * but the time until the group was joined.
 */
export function parseConsumerPerformance(stdout: string): Outcome {
  const line = stdout.split("\n").find((candidate) => /^\d{4}-\d\d-\d\d /.test(candidate));
  const fields = (line ?? unreadable(stdout)[0]!).split(", ");
  const records = Number(fields[4]);
  return { records, total: records, seconds: Number(fields[7]) / 1000 };
}

function unreadable(stdout: string): never {
  throw new RunFailed(`the tool printed something else than its figures: ${stdout.trim().slice(-300)}`);
}
