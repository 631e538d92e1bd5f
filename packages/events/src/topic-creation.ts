/** Creates the topics of the contract that a cluster does not have yet. Any number of processes may do so at once. */
import { type NewTopic, topicsToCreate } from "./topics.ts";

/** What is needed of an admin client; `Admin` of `@campus/kafka` is one. */
export interface TopicAdmin {
  listTopics(): Promise<readonly string[]>;
  describeCluster(): Promise<{ readonly brokers: readonly unknown[] }>;
  /** Gives an error for each topic that was not created. */
  createTopics(topics: readonly NewTopic[]): Promise<ReadonlyMap<string, Error | null>>;
}

export interface TopicCreationOptions {
  /** Copies wished for of each partition, at most one a broker. */
  replication?: number;
}

/**
 * Makes sure that every topic exists, and says which ones this call created and how. A cluster that has them all is
 * asked for nothing else: librdkafka's in-process one does not know how to create topics.
 * @throws the admin client's error when the cluster can't be reached or refuses
 */
export async function createMissingTopics(
  admin: TopicAdmin,
  { replication }: TopicCreationOptions = {},
): Promise<NewTopic[]> {
  const existing = await admin.listTopics();
  if (topicsToCreate({ existing }).length === 0) return [];
  const { brokers } = await admin.describeCluster();
  const missing = topicsToCreate({
    existing,
    brokers: brokers.length,
    ...(replication === undefined ? {} : { replication }),
  });
  const results = await admin.createTopics(missing);
  return missing.filter(({ topic }) => {
    const error = results.get(topic);
    // Another process was quicker; it makes them as this one would.
    if (error?.name === "TOPIC_ALREADY_EXISTS") return false;
    if (error) throw error;
    return true;
  });
}
