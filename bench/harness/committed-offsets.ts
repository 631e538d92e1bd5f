/** What a group has committed of topics that were filled before: how many records are done with, for good. */
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";
import type { CountSample } from "./pace.ts";
import { RunFailed } from "./subject-process.ts";
import { placesOf } from "./topics.ts";

export const pollMs = 20;

export async function committedRecords(
  { admin }: BenchCluster,
  groupId: string,
  topics: readonly string[],
): Promise<number> {
  const places = topics.flatMap((topic) => placesOf(topic, partitions));
  const offsets = await admin.groupOffsets(groupId, places);
  return offsets.reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
}

export interface CommitWatch {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Records in all of them. */
  readonly records: number;
  /** Without a new commit for so long the run has failed. */
  readonly stallMs: number;
  /** Rejects when there is no use in waiting. */
  readonly ended: Promise<never>;
  readonly signal: AbortSignal;
}

/**
 * Looks until all records are committed.
 * @throws RunFailed when commits cease to come
 */
export async function watchCommitted(
  cluster: BenchCluster,
  { groupId, topics, records, stallMs, ended, signal }: CommitWatch,
): Promise<CountSample[]> {
  const samples: CountSample[] = [];
  let [reached, movedAt] = [0, performance.now()];
  while (reached < records) {
    const askedAt = performance.now();
    const count = await Promise.race([committedRecords(cluster, groupId, topics), ended]);
    signal.throwIfAborted();
    const atMs = performance.now();
    samples.push({ atMs, count });
    if (count > reached) movedAt = atMs;
    reached = count;
    if (atMs - movedAt > stallMs)
      throw new RunFailed(`nothing committed for ${stallMs / 1000} s, at ${reached} of ${records}`);
    await Bun.sleep(Math.max(0, askedAt + pollMs - atMs));
  }
  return samples;
}
