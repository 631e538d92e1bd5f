/** How far a consumer is behind, for Prometheus. Asked of Kafka when somebody scrapes, so it costs nothing otherwise. */
import { Gauge, type Registry } from "prom-client";

export interface ConsumerLagOptions {
  readonly registry: Registry;
  /** The lag of each partition the consumer holds; rejects while Kafka can't be reached. */
  readonly lag: () => Promise<
    readonly { readonly topic: string; readonly partition: number; readonly lag: number }[]
  >;
}

/** Registers `kafka_consumer_lag_records`, by topic and partition; partitions of unknown lag are left out. */
export function registerConsumerLag({ registry, lag }: ConsumerLagOptions): void {
  new Gauge({
    name: "kafka_consumer_lag_records",
    help: "Records of a held partition that were not yet taken in hand.",
    labelNames: ["topic", "partition"],
    registers: [registry],
    async collect() {
      // A partition given away must not keep its last figure; neither must one Kafka does not answer for.
      this.reset();
      const partitions = await lag().catch(() => []);
      for (const { topic, partition, lag } of partitions) this.set({ topic, partition }, lag);
    },
  });
}
