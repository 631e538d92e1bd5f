/** Waiting until a system has come to rest: nothing is written any more, the inventory has committed every order, and the analytics stands still. */
import type { Admin, TopicPartition } from "@campus/kafka";
import { committedOffsets, endsOf } from "./places.ts";

/** Nothing must have changed for so long. A transaction under way shows within that. */
const QUIET_MS = 2_000;
const LOOK_EVERY_MS = 250;

export interface SettlingOptions {
  readonly admin: Admin;
  readonly group: string;
  /** Another group, of whom only the standing still counts: it reads what is written in transactions, and stands before their last markers. */
  readonly follower: string;
  readonly orders: readonly TopicPartition[];
  readonly all: readonly TopicPartition[];
  readonly deadlineMs: number;
}

/** Whether it has come to rest before the deadline. */
export async function untilSettled({
  admin,
  group,
  follower,
  orders,
  all,
  deadlineMs,
}: SettlingOptions): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  let last = "";
  let since = performance.now();
  for (;;) {
    const ends = await endsOf(admin, all);
    const committed = await committedOffsets(admin, group, orders);
    const lag = orders.reduce((sum, place) => {
      const offset = committed.get(place.partition);
      const end = ends.find(({ topic, partition }) => topic === place.topic && partition === place.partition);
      // A group without offsets (the in-process cluster forgets those of transactions) says nothing.
      return sum + (offset === undefined || end === undefined ? 0 : Math.max(0, end.offset - offset));
    }, 0);
    const now = performance.now();
    const followed = await admin.groupOffsets(follower, all);
    const state = JSON.stringify([ends, [...committed], followed.map(({ offset }) => offset)]);
    if (state !== last) [last, since] = [state, now];
    if (lag === 0 && now - since >= QUIET_MS) return true;
    if (now >= deadline) return false;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
