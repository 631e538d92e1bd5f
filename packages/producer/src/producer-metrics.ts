/** The producer's Prometheus metrics, read off its own counters when somebody asks: counting costs an order nothing. */
import { Counter, Gauge, type Registry } from "@campus/service";
import type { ConnectionBound } from "./connection-bound.ts";
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

export function registerConnectionMetrics(registry: Registry, bound: ConnectionBound): void {
  new Gauge({
    name: "producer_connections_max",
    help: "Connections that may be open at once.",
    registers: [registry],
    collect() {
      this.set(bound.most);
    },
  });
  new Gauge({
    name: "producer_connections_full",
    help: "1 while as many connections are open as may be, and new ones wait.",
    registers: [registry],
    collect() {
      this.set(bound.isFull ? 1 : 0);
    },
  });
}
