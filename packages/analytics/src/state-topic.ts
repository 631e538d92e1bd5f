/**
 * The topic in which counts are kept: compacted, so that of each input partition the newest counts stay for good and older ones go. It has one
 * partition: its records are few and small, and one log has one end up to which a restore has to read.
 */
import { type Admin, KafkaError, type ProducerRecord, type TopicPartition } from "@campus/kafka";

export const STATE_TOPIC = "analytics-state";

/** All records go here, also where somebody has made the topic with more partitions. */
export const STATE_PARTITION = 0;

const CONFIG: Readonly<Record<string, string>> = {
  "cleanup.policy": "compact",
  // The newest segment is never compacted, and a restore reads all of it: small ones, rolled often, keep that short.
  "segment.bytes": String(4 * 1024 * 1024),
  "segment.ms": String(10 * 60 * 1000),
  "min.cleanable.dirty.ratio": "0.1",
};

/** The key under which a group keeps the counts of an input partition. */
export function stateKey(groupId: string, { topic, partition }: TopicPartition): string {
  return `${groupId}/${topic}/${partition}`;
}

/** A record for the topic. */
export function stateRecord(key: string, value: string): ProducerRecord {
  return { key, value, partition: STATE_PARTITION };
}

/** What is needed of an admin client. */
export type StateTopicAdmin = Pick<
  Admin,
  "listTopics" | "describeCluster" | "createTopics" | "describeConfigs"
>;

/**
 * Makes the topic if it is missing, with `replication` copies, at most one a broker.
 * @throws KafkaError when the cluster can't be reached; Error, which says what to do, when the topic would not keep what is written to it, or
 * the cluster is one that can't make topics
 */
export async function ensureStateTopic(
  admin: StateTopicAdmin,
  { replication }: { replication: number },
): Promise<void> {
  const topics = await admin.listTopics();
  if (!topics.includes(STATE_TOPIC)) return create(admin, replication);
  const [described] = await admin.describeConfigs([{ type: "topic", name: STATE_TOPIC }]);
  const policy = described?.entries.find(({ name }) => name === "cleanup.policy")?.value ?? "";
  if (policy.split(",").every((word) => word.trim() === "compact")) return;
  throw new Error(
    `The topic ${STATE_TOPIC} has cleanup.policy=${policy}, so Kafka would delete counts from it. Change it: ` +
      `kafka-configs --alter --entity-type topics --entity-name ${STATE_TOPIC} --add-config cleanup.policy=compact`,
  );
}

async function create(admin: StateTopicAdmin, replication: number): Promise<void> {
  const { brokers } = await admin.describeCluster();
  const replicationFactor = Math.max(1, Math.min(replication, brokers.length));
  const config = replicationFactor >= 3 ? { ...CONFIG, "min.insync.replicas": "2" } : CONFIG;
  const results = await admin
    .createTopics([{ topic: STATE_TOPIC, partitions: 1, replicationFactor, config }])
    .catch((error) => {
      throw canNeverWork(error) ? withAdvice(error) : error;
    });
  const error = results.get(STATE_TOPIC);
  // Another instance was quicker; it makes the topic as this one would.
  if (error && error.name !== "TOPIC_ALREADY_EXISTS") throw error;
}

/** A cluster that has no transactions worth the name either: librdkafka's in-process one. */
function canNeverWork(error: unknown): boolean {
  return error instanceof KafkaError && error.name === "_UNSUPPORTED_FEATURE";
}

function withAdvice(cause: KafkaError): Error {
  return new Error(
    `The topic ${STATE_TOPIC} can't be made: ${cause.message}. Set ANALYTICS_STATE=commit to keep the counts without it.`,
    { cause },
  );
}
