/**
 * The partitions this consumer holds. Each has its own queue, cut off from the consumer's: batches come out one partition at a time, a slow
 * partition holds up no other, and events of the group are served while batches are being worked on.
 */
import { cstring } from "./native/ffi.ts";
import type { Handle } from "./native/handle.ts";
import { librdkafka } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { ownQueue } from "./native/queue.ts";
import type { TopicPartition } from "./record.ts";

/** `coming`: its handler is told, commits work. `held`: batches are handed out. `leaving`: being given up, the batch in hand may still commit. `gone`: no longer ours. */
export type PartitionState = "coming" | "held" | "leaving" | "gone";

export class AssignedPartition implements TopicPartition {
  readonly queue: Handle;
  state: PartitionState = "coming";
  /** Resolves when the last commit of it is answered. */
  committing: Promise<void> = Promise.resolve();
  /** When the batch being worked on was handed out (`performance.now()`), or null. */
  #busySince: number | null = null;
  #onIdle: (() => void)[] = [];
  /** The log's end when it was last reached: all before it was handed out, and what no reader is shown (markers) passed over; -1 until then. */
  reachedEnd = -1;
  /** The one of them that was told last. */
  toldEnd = -1;

  constructor(
    client: NativeClient,
    readonly topic: string,
    readonly partition: number,
  ) {
    const lib = librdkafka();
    this.queue = ownQueue(
      "partition queue",
      lib.rd_kafka_queue_get_partition(client.rk.pointer, cstring(topic), partition),
    );
    // Before the assignment starts the fetcher: librdkafka respects a forwarding set by the application, also none at all.
    lib.rd_kafka_queue_forward(this.queue.pointer, null);
    client.pipe.attach(this.queue.pointer);
  }

  /** A batch of it is being worked on. */
  get busy(): boolean {
    return this.#busySince !== null;
  }

  get busySince(): number | null {
    return this.#busySince;
  }

  begin(): void {
    this.#busySince = performance.now();
  }

  end(): void {
    this.#busySince = null;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Resolves when no batch is being worked on. */
  idle(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.#onIdle.push(resolve)) : Promise.resolve();
  }
}

export class Assignment {
  readonly #partitions = new Map<string, AssignedPartition>();
  #turn = 0;

  add(partition: AssignedPartition): void {
    this.#partitions.set(keyOf(partition), partition);
  }

  get(partition: TopicPartition): AssignedPartition | undefined {
    return this.#partitions.get(keyOf(partition));
  }

  all(): AssignedPartition[] {
    return [...this.#partitions.values()];
  }

  /** Every partition once, beginning after the one last served, so that none starves. */
  *inTurn(): Generator<AssignedPartition> {
    const all = this.all();
    for (let i = 0; i < all.length; i++) {
      const at = (this.#turn + i) % all.length;
      yield all[at]!;
    }
  }

  served(partition: AssignedPartition): void {
    this.#turn = this.all().indexOf(partition) + 1;
  }

  /** Forgets a partition and its queue. */
  drop(partition: AssignedPartition): void {
    partition.state = "gone";
    partition.queue.release();
    if (this.get(partition) === partition) this.#partitions.delete(keyOf(partition));
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition}/${topic}`;
}
