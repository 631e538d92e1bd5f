/**
 * The checkpoint stores with their Kafka clients. What is opened here the store closes. An instance is known to the transaction coordinator by a name
 * of its own that no other ever has: two instances that shared one would fence each other for ever. What an instance that was killed
 * left open is therefore not its successor's to abort; Kafka does that after TRANSACTION_TIMEOUT_MS.
 */
import { DEAD_LETTER_MAX_BYTES } from "@campus/events";
import {
  type Admin,
  type ClientOptions,
  type Consumer,
  createConsumer,
  createProducer,
  createTransactionalProducer,
} from "@campus/kafka";
import type { Logger } from "@campus/service";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { createCommitStore } from "./commit-store.ts";
import { GROUP, OFFSETS_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS } from "./config.ts";
import { createStateLog, type StateLog, type StateLogOptions } from "./state-log.ts";
import { ensureStateTopic, STATE_PARTITION, STATE_TOPIC } from "./state-topic.ts";
import { createTopicStore } from "./topic-store.ts";
import { createTransactions } from "./transactions.ts";

/** What a store is made of. */
export interface StoreContext {
  /** Of the group. */
  readonly consumer: Consumer;
  readonly admin: Admin;
  /** Options of every further client. */
  readonly client: ClientOptions;
  readonly log: Logger;
  /** The store can't go on; the process has to end. */
  readonly onFailure: (error: unknown) => void;
}

/** Letters are larger than what a topic takes otherwise, and as many as a batch of each partition may hold. */
const LETTERS = {
  maxQueuedRecords: 1_000_000,
  maxQueuedBytes: 1024 * 1024 * 1024,
  librdkafka: { "message.max.bytes": DEAD_LETTER_MAX_BYTES },
} as const;

/** Before the first store is opened: what it needs in the cluster. */
export function prepareStore(
  kind: "topic" | "commit",
  admin: Admin,
  options: { replication: number },
): Promise<void> {
  return kind === "topic" ? ensureStateTopic(admin, options) : Promise.resolve();
}

/** The store of the setting `ANALYTICS_STATE`. */
export function openStore(kind: "topic" | "commit", context: StoreContext): CheckpointStore {
  if (kind === "topic") return openTopicStore(context);
  const { consumer, client } = context;
  return createCommitStore({ consumer, producer: createProducer({ ...client, ...LETTERS }) });
}

/** A store in the state topic, whose log may be another than the one that always reads all of it. */
export function openTopicStore(
  { consumer, admin, client, log, onFailure }: StoreContext,
  { openStateLog = createStateLog }: { openStateLog?: (options: StateLogOptions) => StateLog } = {},
): CheckpointStore {
  const transactions = createTransactions({
    createProducer: () =>
      createTransactionalProducer({
        ...client,
        ...LETTERS,
        // A producer that can't go on is replaced.
        onError: (error) => log.debug("{error}", { error }),
        transactionalId,
        transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
        offsetsTimeoutMs: OFFSETS_TIMEOUT_MS,
        lingerMs: 0,
      }),
    onUnsettled: (error) =>
      log.warn("a commit without an answer: asking Kafka what became of it: {error}", { error }),
  });
  const place = { topic: STATE_TOPIC, partition: STATE_PARTITION };
  const stateLog = openStateLog({
    openReader: (onEnd) =>
      createConsumer({
        ...client,
        groupId: `${GROUP}-state`,
        partitions: [{ ...place, offset: 0 }],
        autoOffsetReset: "earliest",
        isolation: "read_committed",
        onEnd,
      }),
    async highWatermark() {
      const [end] = await admin.listOffsets([{ ...place, at: "latest" }]);
      return end!.offset;
    },
    onFailure,
  });
  return createTopicStore({
    groupId: GROUP,
    consumer,
    transactions,
    stateLog,
    log,
    transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
  });
}

const transactionalId = `${GROUP}-${crypto.randomUUID()}`;
