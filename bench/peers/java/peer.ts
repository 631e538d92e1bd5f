/** Kafka's own Java client, as its performance tools drive it. They come with the broker's jars; only producing and consuming. */

import { apacheAvailable, KAFKA_TOOLS, KAFKA_VERSION } from "@campus/broker";
import { ensureJars } from "../../../packages/broker/src/jars.ts";
import { findJava } from "../../../packages/broker/src/java.ts";
import { type Peer, PeerUnavailable } from "../../harness/peer.ts";
import type { Work, WorkSettings } from "../../harness/subject.ts";
import { parseConsumerPerformance, parseProducerPerformance } from "./output.ts";

function produceArguments(settings: WorkSettings): string[] {
  return [
    ...[KAFKA_TOOLS["kafka-producer-perf-test"], "--bootstrap-server", settings.brokers],
    ...["--topic", settings.topic, "--throughput", "-1", "--payload-file", settings.payloadLinesFile],
    ...[
      "--num-records",
      String(settings.warmup + settings.records),
      "--warmup-records",
      String(settings.warmup),
    ],
    "--command-property",
    ...["acks=all", "enable.idempotence=true", "compression.type=lz4", `linger.ms=${settings.lingerMs}`],
    ...[`batch.size=${settings.batchBytes}`, `buffer.memory=${settings.queueBytes}`],
  ];
}

function consumeArguments(settings: WorkSettings): string[] {
  return [
    ...[KAFKA_TOOLS["kafka-consumer-perf-test"], "--bootstrap-server", settings.brokers],
    ...["--topic", settings.topic, "--group", settings.groupId, "--fetch-size", "4000000"],
    ...["--num-records", String(settings.warmup + settings.records), "--hide-header"],
    ...[
      "--command-property",
      "isolation.level=read_committed",
      "--command-property",
      "enable.auto.commit=false",
    ],
  ];
}

export const java: Peer = {
  name: "java",
  title: "Kafka's Java client, by its performance tools",
  async prepare() {
    const available = await apacheAvailable();
    if (!available.ok) throw new PeerUnavailable(available.reason.split("\n")[0]!);
    const [{ path, version }, { classPath }] = [await findJava(), await ensureJars()];
    return {
      name: "java",
      versions: { "Kafka's Java client": `${KAFKA_VERSION} (Java ${version})` },
      subjects: [
        {
          name: "java",
          title: "Java client, its performance tools",
          works: ["produce", "consume"],
          command: (work, settings) => [
            ...[path, "-Xmx1g", "-cp", classPath],
            ...(work === "produce" ? produceArguments(settings) : consumeArguments(settings)),
          ],
          notes: {
            produce: "without keys, which the tool can't send; always all records, whatever --seconds says",
            consume: "always all records; offsets are not looked at",
          },
          parse: (stdout: string, work: Work, settings: WorkSettings) =>
            work === "produce"
              ? parseProducerPerformance(stdout, settings)
              : parseConsumerPerformance(stdout),
        },
      ],
    };
  },
};
