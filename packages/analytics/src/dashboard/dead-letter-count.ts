/**
 * How many dead letters lie in each of their topics. They are read and counted, since their offsets say more than there are: the marks that end transactions
 * take offsets too. A reader is open only while somebody looks.
 */
import { deadLetterTopic, EVENT_TOPICS } from "@campus/events";
import { type Admin, type Consumer, createConsumer } from "@campus/kafka";

type ClientOptions = Pick<
  Parameters<typeof createConsumer>[0],
  "brokers" | "clientId" | "tls" | "sasl" | "onLog"
>;

export interface DeadLetterCount {
  /** By topic, as far as they are read. */
  readonly counts: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export async function countDeadLetters(
  admin: Pick<Admin, "listTopics" | "describeTopics">,
  client: ClientOptions,
  onError: (error: unknown) => void,
): Promise<DeadLetterCount> {
  const existing = new Set(await admin.listTopics());
  const topics = EVENT_TOPICS.map(deadLetterTopic).filter((topic) => existing.has(topic));
  const counts: Record<string, number> = Object.fromEntries(topics.map((topic) => [topic, 0]));
  if (topics.length === 0) return { counts, close: async () => undefined };
  const described = await admin.describeTopics(topics);
  const consumer: Consumer = createConsumer({
    ...client,
    groupId: "campus-analytics-dead-letters",
    partitions: described.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition, offset: 0 })),
    ),
    autoOffsetReset: "earliest",
  });
  const reading = consumer
    .run((batch) => {
      counts[batch.topic] = (counts[batch.topic] ?? 0) + batch.length;
    })
    .catch(onError);
  return {
    counts,
    async close() {
      await consumer.close({ timeoutMs: 1_000 });
      await reading;
    },
  };
}
