import { expect, test } from "bun:test";
import { createMissingTopics, type TopicAdmin } from "./topic-creation.ts";
import { type NewTopic, TOPICS } from "./topics.ts";

const ALL = TOPICS.map(({ topic }) => topic);
const ALL_BUT_DECISIONS = ALL.filter((topic) => topic !== "inventory-events");

function clusterWith(existing: string[], { brokers = 1, errors = {} as Record<string, Error> } = {}) {
  const created: NewTopic[] = [];
  const admin: TopicAdmin = {
    listTopics: async () => existing,
    describeCluster: async () => ({ brokers: Array(brokers) }),
    async createTopics(topics) {
      created.push(...topics);
      return new Map(topics.map(({ topic }) => [topic, errors[topic] ?? null]));
    },
  };
  return { admin, created };
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

test("a cluster that has the topics is not asked to create any", async () => {
  const { admin } = clusterWith([...ALL, "other"]);
  admin.createTopics = () => Promise.reject(new Error("not known here"));
  expect(await createMissingTopics(admin)).toEqual([]);
});

test("what is missing is created, with copies as asked for and as the cluster can", async () => {
  const { admin, created } = clusterWith(ALL_BUT_DECISIONS, { brokers: 2 });
  const topics = await createMissingTopics(admin, { replication: 3 });
  expect(topics).toEqual(created);
  expect(topics).toMatchObject([{ topic: "inventory-events", partitions: 3, replicationFactor: 2 }]);
});

test("one that another process created meanwhile is fine", async () => {
  const errors = { "order-events": named("TOPIC_ALREADY_EXISTS") };
  const { admin } = clusterWith([], { errors });
  expect((await createMissingTopics(admin)).map(({ topic }) => topic)).toEqual(
    ALL.filter((topic) => topic !== "order-events"),
  );
});

test("a refusal is thrown", () => {
  const { admin } = clusterWith([], { errors: { "inventory-events": named("TOPIC_AUTHORIZATION_FAILED") } });
  expect(createMissingTopics(admin)).rejects.toThrow("TOPIC_AUTHORIZATION_FAILED");
});
