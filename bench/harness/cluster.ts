/**
 * The cluster under the bench: `KAFKA_BROKER`, else real Apache Kafka started for this run and thrown away after it, else, without Java,
 * the embedded one, whose figures say little and whose output says so.
 */
import { apacheAvailable, EMBEDDED_LIMITS, KAFKA_VERSION, startApache, startEmbedded } from "@campus/broker";
import { type Admin, createAdmin } from "@campus/kafka";
import type { Progress } from "./progress.ts";

/** Room for the page of requests in flight that fast producers keep; 512 MiB would have the broker collect garbage instead. */
const heapMiB = 1024;

export interface BenchCluster extends AsyncDisposable {
  readonly kind: "apache" | "embedded" | "given";
  readonly brokers: string;
  /** For the report: what it is, in words. */
  readonly title: string;
  readonly admin: Admin;
  /** Most records that a topic of three partitions keeps. */
  readonly keeps: number;
  createTopic(topic: string, partitions: number): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
}

type Started = Omit<BenchCluster, "admin" | "createTopic" | "deleteTopic" | typeof Symbol.asyncDispose> & {
  stop(): Promise<void>;
  /** Where topics can't be created by a request. */
  createTopic?(topic: string, partitions: number): void;
};

export async function openCluster(progress: Progress, signal: AbortSignal): Promise<BenchCluster> {
  const started = await start(progress, signal);
  const admin = createAdmin({ brokers: started.brokers, clientId: "bench" });
  return {
    ...started,
    admin,
    async createTopic(topic, partitions) {
      if (started.createTopic) return started.createTopic(topic, partitions);
      const results = await admin.createTopics([{ topic, partitions, replicationFactor: 1 }]);
      const error = results.get(topic);
      if (error) throw error;
    },
    async deleteTopic(topic) {
      if (started.kind !== "embedded") await admin.deleteTopics([topic]);
    },
    async [Symbol.asyncDispose]() {
      await admin.close();
      await started.stop();
    },
  };
}

async function start(progress: Progress, signal: AbortSignal): Promise<Started> {
  const given = process.env.KAFKA_BROKER;
  if (given) {
    progress.say(`Kafka at ${given} (KAFKA_BROKER)`);
    const title = `the cluster of KAFKA_BROKER (${given})`;
    return { kind: "given", brokers: given, title, keeps: Number.POSITIVE_INFINITY, stop: async () => {} };
  }
  const java = await apacheAvailable();
  if (java.ok) return startJava(progress, signal);
  progress.say(
    `No real Apache Kafka here: ${java.reason}\n\nMeasuring on the embedded cluster instead. It is in memory and in the ` +
      "harness's own process: these figures compare nothing but themselves.",
  );
  const cluster = await startEmbedded({ announce: (notice) => progress.say(notice) });
  return {
    kind: "embedded",
    brokers: cluster.brokers,
    title: "librdkafka's in-process cluster (embedded; not a real Kafka)",
    keeps: Math.floor(EMBEDDED_LIMITS.bytesPerPartition / 400) * 3,
    createTopic: (topic, partitions) => cluster.createTopic(topic, partitions),
    stop: () => cluster.stop(),
  };
}

async function startJava(progress: Progress, signal: AbortSignal): Promise<Started> {
  const cluster = await progress.during(`starting Apache Kafka ${KAFKA_VERSION}`, () =>
    startApache({ heapMiB, signal }),
  );
  progress.say(
    `Apache Kafka ${KAFKA_VERSION} on Java ${cluster.javaVersion}, one node, started for this run (${cluster.brokers})`,
  );
  return {
    kind: "apache",
    brokers: cluster.brokers,
    title: `Apache Kafka ${KAFKA_VERSION}, one node on this machine, Java ${cluster.javaVersion}, -Xmx${heapMiB}m`,
    keeps: Number.POSITIVE_INFINITY,
    stop: () => cluster.stop(),
  };
}
