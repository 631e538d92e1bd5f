/**
 * What every cluster of this package has in common, whether it lives in this process (embedded.ts) or is Apache Kafka in
 * processes of its own (apache.ts). Whoever started it owns it: `stop()`, or `await using`.
 */
/** A running Kafka cluster. */
export interface Cluster extends AsyncDisposable {
  /** `embedded`: in this process and in memory. `apache`: real Apache Kafka on this machine. */
  readonly kind: "embedded" | "apache";
  /** Bootstrap servers, `127.0.0.1:9092` or several joined by commas: what a client is given. */
  readonly brokers: string;
  /** Ends the cluster and gives back what it took. A second call waits for the first. */
  stop(): Promise<void>;
}
