/** The producer's Prometheus metrics, read off its own counters when somebody asks: counting costs an order nothing. */
import { Counter, Gauge, type Registry } from "@campus/service";
import type { KafkaPublisher } from "./publisher.ts";
import type { RenewingProducer } from "./renewing-producer.ts";

export function registerMetrics(
  registry: Registry,
  publisher: KafkaPublisher,
  producer: Pick<RenewingProducer, "renewals">,
): void {
  const registers = [registry];
  new Counter({
    name: "producer_orders_total",
    help: "Orders by outcome: acknowledged by Kafka, failed, unknown, or refused because too many were in flight (full).",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(publisher.counts)) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: "producer_orders_in_flight",
    help: "Orders sent to Kafka and not yet acknowledged.",
    registers,
    collect() {
      this.set(publisher.inFlight);
    },
  });
  new Counter({
    name: "producer_kafka_renewals_total",
    help: "Kafka producers replaced after a fatal error.",
    registers,
    collect() {
      this.reset();
      this.inc(producer.renewals);
    },
  });
}
