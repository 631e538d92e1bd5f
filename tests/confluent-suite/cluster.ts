/** The cluster that the tests expect: it has the topic `test`, and topics that come into being by being named have one partition. */
import { startApache } from "@campus/broker";
import { createAdmin } from "@campus/kafka";

const topicExists = 36; // RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS

export interface SuiteCluster extends AsyncDisposable {
  readonly brokers: string;
}

/** @param brokers of a cluster that runs already; without it one is started */
export async function openCluster(brokers: string | undefined): Promise<SuiteCluster> {
  if (brokers !== undefined) {
    await createTestTopic(brokers);
    return { brokers, [Symbol.asyncDispose]: async () => undefined };
  }
  const cluster = await startApache({
    properties: { "num.partitions": 1, "auto.create.topics.enable": true },
  });
  try {
    await createTestTopic(cluster.brokers);
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function createTestTopic(brokers: string): Promise<void> {
  await using admin = createAdmin({ brokers });
  const created = await admin.createTopics([{ topic: "test", partitions: 1, replicationFactor: 1 }]);
  const error = created.get("test");
  if (error && error.code !== topicExists) throw error;
}
