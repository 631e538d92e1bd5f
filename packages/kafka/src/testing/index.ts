/** A Kafka cluster for tests: no Java, no Docker, no network but loopback. */

export { liveHandles } from "../native/handle.ts";
export { type ClusterOptions, createCluster, MockCluster } from "./mock-cluster.ts";
