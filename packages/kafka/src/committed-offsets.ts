/**
 * What a consumer's group has committed, asked by the way that the member itself goes to its coordinator (`rd_kafka_committed`, on a thread of its own
 * because it blocks). Not by an administrative request: those go to a coordinator that librdkafka remembers, go on going there when another has long taken
 * over, and when one of them runs out of time while its coordinator is being looked up, librdkafka 2.15 ends the process
 * (`rd_kafka_enq_once_del_source_return: Assertion eonce->refcnt > 0`).
 */
import { KafkaError } from "./error.ts";
import { callBlocking } from "./native/blocking.ts";
import { ErrCode } from "./native/error-codes.ts";
import { errorOf } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { createPartitionList, outcomeOf, readPartitionList } from "./native/partition-list.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";
import { withRetries } from "./retry.ts";

/** Of one call. A client is not destroyed before its calls have ended, so closing may have to wait for so long. */
const callTimeoutMs = 1_000;

/** `_WAIT_COORD`: the coordinator is not known yet. */
const waitCoordinator = -180;

/** Asks for the committed offsets of one consumer's group, and knows which calls are under way. */
export class CommittedOffsets {
  readonly #client: NativeClient;
  readonly #operation: string;
  readonly #calls = new Set<Promise<unknown>>();
  #leaving = false;

  constructor(client: NativeClient, groupId: string) {
    this.#client = client;
    this.#operation = `list offsets of group "${groupId}"`;
  }

  /** Those without one have offset -1. Offsets that an open transaction may still change (`UNSTABLE_OFFSET_COMMIT`) are waited for. */
  ask(partitions: readonly TopicPartition[], timeoutMs: number): Promise<TopicPartitionOffset[]> {
    const operation = this.#operation;
    return withRetries(this.#client, { operation, kind: "reading", timeoutMs }, (leftMs) => {
      const call = this.#call(partitions, Math.min(leftMs, callTimeoutMs));
      this.#calls.add(call);
      return call.finally(() => this.#calls.delete(call));
    });
  }

  /** No call can be begun any more: librdkafka lets those of a member that is leaving its group run out of time. */
  leave(): void {
    this.#leaving = true;
  }

  /** Resolves when no call is under way: the client may be destroyed. */
  async close(): Promise<void> {
    this.leave();
    await Promise.allSettled(this.#calls);
  }

  async #call(partitions: readonly TopicPartition[], timeoutMs: number): Promise<TopicPartitionOffset[]> {
    const operation = this.#operation;
    if (this.#leaving)
      throw new KafkaError({ code: ErrCode.state, operation, message: "the consumer is closed, or closing" });
    using list = createPartitionList(partitions);
    const { rk } = this.#client;
    const code = Number(
      (await callBlocking("rd_kafka_committed", [rk.pointer, list.pointer, timeoutMs])) ?? 0,
    );
    if (code !== ErrCode.none) throw errorOf(code === waitCoordinator ? ErrCode.timedOut : code, operation);
    return readPartitionList(list.pointer).map((entry) => {
      const outcome = outcomeOf(entry, operation);
      if (outcome instanceof KafkaError) throw outcome;
      return { ...outcome, offset: Math.max(-1, outcome.offset) };
    });
  }
}
