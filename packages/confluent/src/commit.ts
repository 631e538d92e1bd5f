/**
 * Commits of a consumer. librdkafka tells how one went by an event on the queue given; the main queue's events of this kind go to
 * `offset_commit_cb`.
 */
import { Handle, librdkafka, ownQueue, type Pointer } from "@campus/kafka/native";
import { library } from "./library.ts";
import type { Session } from "./session.ts";
import { createList, type Entry } from "./topic-partitions.ts";

/** Offsets, or null for what is stored of the current assignment. Returns the code of handing them over. */
export function commitLater(session: Session, offsets: readonly Entry[] | null, tell: boolean): number {
  const list = offsets && createList(offsets);
  try {
    const rk = session.rk.pointer;
    const pointer = list?.pointer ?? null;
    if (!tell) return library().rd_kafka_commit(rk, pointer, 1);
    return librdkafka().rd_kafka_commit_queue(rk, pointer, session.main.pointer, null, null);
  } finally {
    list?.release();
  }
}

/** Waits for the broker's answer on this thread, and returns its code. */
export function commitAndWait(
  session: Session,
  offsets: readonly Entry[] | null,
  onResult: (event: Pointer) => void,
): number {
  const lib = librdkafka();
  const rk = session.rk.pointer;
  const list = offsets && createList(offsets);
  using queue = ownQueue("commit queue", lib.rd_kafka_queue_new(rk));
  try {
    const code = lib.rd_kafka_commit_queue(rk, list?.pointer ?? null, queue.pointer, null, null);
    if (code !== 0) return code;
    using event = new Handle("event", lib.rd_kafka_queue_poll(queue.pointer, -1), (pointer) =>
      lib.rd_kafka_event_destroy(pointer),
    );
    onResult(event.pointer);
    return lib.rd_kafka_event_error(event.pointer);
  } finally {
    list?.release();
  }
}
