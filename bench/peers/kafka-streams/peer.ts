/** Kafka Streams with `exactly_once_v2`: what Java programs choose for reading, deciding and writing as one. */
import { join } from "node:path";
import { KAFKA_VERSION } from "@campus/broker";
import { findJava } from "../../../packages/broker/src/java.ts";
import { partitions } from "../../harness/client-settings.ts";
import { installPeer, type Peer, PeerUnavailable, requireProgram } from "../../harness/peer.ts";

/** Its own default; a second gains nothing here. */
const commitIntervalMs = 100;
const sources = ["Program.java", "Inventory.java", "Counts.java"];
const copyJars = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies";

const settings = `exactly_once_v2, commit.interval.ms=${commitIntervalMs}, ${partitions} threads`;

export const kafkaStreams: Peer = {
  name: "kafka-streams",
  title: "Kafka Streams, exactly_once_v2",
  isFramework: true,
  async prepare(context) {
    const java = await findJava().catch((error) => {
      throw new PeerUnavailable(String(error.message).split("\n")[0]!);
    });
    const maven = requireProgram("mvn", "Maven fetches this peer's jars");
    const compiler = requireProgram("javac", "a Java compiler: a JDK, not only a JRE");
    const kafkaVersion = `-Dkafka.version=${KAFKA_VERSION}`;
    const folder = await installPeer(
      {
        name: "kafka-streams",
        manifests: ["pom.xml", ...sources],
        keys: [kafkaVersion, java.version],
        commands: [
          [maven, "-B", "-q", kafkaVersion, copyJars, "-DincludeScope=runtime", "-DoutputDirectory=libs"],
          [compiler, "--release", "17", "-cp", "libs/*", "-d", "classes", ...sources],
        ],
      },
      context,
    );
    const classPath = [join(folder, "classes"), join(folder, "libs/*")].join(":");
    return {
      name: "kafka-streams",
      versions: { "Kafka Streams": `${KAFKA_VERSION} (Java ${java.version})` },
      subjects: [
        {
          name: "kafka-streams",
          title: "Kafka Streams",
          works: ["decide", "count"],
          command: (work) => [
            ...[java.path, "-Xmx1g", "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"],
            ...["-cp", classPath, work === "decide" ? "Inventory" : "Counts"],
          ],
          environment: {
            BENCH_THREADS: String(partitions),
            BENCH_COMMIT_INTERVAL_MS: String(commitIntervalMs),
            BENCH_STATE_FOLDER: join(folder, "state"),
          },
          notes: { decide: settings, count: `${settings}; a store in memory with its changelog` },
        },
      ],
    };
  },
};
