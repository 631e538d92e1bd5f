import { expect, test } from "bun:test";
import { type ClusterDescription, type ConfigDescription, KafkaError, type NewTopic } from "@campus/kafka";
import { ensureStateTopic, STATE_TOPIC, type StateTopicAdmin } from "./state-topic.ts";

interface Cluster {
  readonly topics?: string[];
  readonly brokers?: number;
  readonly policy?: string;
  readonly failure?: KafkaError;
  readonly refusal?: KafkaError;
}

/** A cluster as an admin client sees it, and what it was asked to make. */
function setUp({ topics = ["order-events"], brokers = 1, policy = "compact", failure, refusal }: Cluster) {
  const created: NewTopic[] = [];
  const admin: Partial<StateTopicAdmin> = {
    listTopics: async () => topics,
    describeCluster: async () => {
      const all = Array.from({ length: brokers }, (_, id) => ({ id, host: "127.0.0.1", port: 9092 }));
      return { brokers: all } as unknown as ClusterDescription;
    },
    async createTopics(wanted) {
      if (failure) throw failure;
      created.push(...wanted);
      return new Map(wanted.map(({ topic }) => [topic, refusal ?? null]));
    },
    async describeConfigs() {
      const entries = [{ name: "cleanup.policy", value: policy }];
      return [{ type: "topic", name: STATE_TOPIC, entries } as unknown as ConfigDescription];
    },
  };
  return { admin: admin as StateTopicAdmin, created };
}

const kafkaError = (code: number) => new KafkaError({ code, operation: "create topics", message: "no" });

test("a missing topic is made: compacted, one partition, as many copies as were asked for", async () => {
  const { admin, created } = setUp({ brokers: 3 });
  await ensureStateTopic(admin, { replication: 3 });
  expect(created).toMatchObject([
    {
      topic: STATE_TOPIC,
      partitions: 1,
      replicationFactor: 3,
      config: { "cleanup.policy": "compact", "min.insync.replicas": "2" },
    },
  ]);
});

test("no more copies than brokers, and then one of them is enough", async () => {
  const { admin, created } = setUp({ brokers: 1 });
  await ensureStateTopic(admin, { replication: 3 });
  expect(created).toMatchObject([{ replicationFactor: 1 }]);
  expect(created[0]?.config).not.toHaveProperty(["min.insync.replicas"]);
});

test("one that is there is left as it is, if it keeps its records", async () => {
  const { admin, created } = setUp({ topics: [STATE_TOPIC] });
  await ensureStateTopic(admin, { replication: 1 });
  expect(created).toEqual([]);
  for (const policy of ["delete", "compact,delete"]) {
    const failing = setUp({ topics: [STATE_TOPIC], policy });
    await expect(ensureStateTopic(failing.admin, { replication: 1 })).rejects.toThrow(
      `has cleanup.policy=${policy}, so Kafka would delete counts from it. Change it: kafka-configs --alter`,
    );
  }
});

test("another instance that is quicker is no error; any other refusal is", async () => {
  await ensureStateTopic(setUp({ refusal: kafkaError(36) }).admin, { replication: 1 });
  const { admin } = setUp({ refusal: kafkaError(38) });
  await expect(ensureStateTopic(admin, { replication: 1 })).rejects.toThrow("INVALID_REPLICATION_FACTOR");
});

test("a cluster that can't make topics is no cluster to wait for; one that does not answer is", async () => {
  const { admin } = setUp({ failure: kafkaError(-165) });
  await expect(ensureStateTopic(admin, { replication: 1 })).rejects.toThrow("Set ANALYTICS_STATE=commit");
  const silent = setUp({ failure: kafkaError(-185) });
  await expect(ensureStateTopic(silent.admin, { replication: 1 })).rejects.toBeInstanceOf(KafkaError);
});
