/** What librdkafka measures of itself, as Prometheus metrics: how far brokers are, how full batches get, what goes wrong. */
import { Counter, Gauge, type Registry } from "@campus/service";

/** How often librdkafka tells, in milliseconds. */
export const STATISTICS_INTERVAL_MS = 5000;

/** The part that is read of librdkafka's STATISTICS.md. */
interface Statistics {
  msg_cnt?: number;
  msg_size?: number;
  brokers?: Record<string, BrokerStatistics>;
  topics?: Record<string, { batchsize?: Window; batchcnt?: Window }>;
}

interface BrokerStatistics {
  nodeid: number;
  state?: string;
  rtt?: Window;
  txerrs?: number;
  txretries?: number;
  req_timeouts?: number;
  disconnects?: number;
}

interface Window {
  avg: number;
  p50: number;
  p99: number;
}

const QUANTILES = { "0.5": "p50", "0.99": "p99" } as const;

/** Registers the metrics and gives the function to tell of new statistics. */
export function registerKafkaStatistics(registry: Registry) {
  let latest: Statistics = {};
  const registers = [registry];

  /** Bootstrap addresses and the like have negative ids: they are brokers under another name. */
  function brokers(): [broker: string, BrokerStatistics][] {
    return Object.values(latest.brokers ?? {})
      .filter(({ nodeid }) => nodeid >= 0)
      .map((broker) => [String(broker.nodeid), broker]);
  }

  function quantiles(
    name: string,
    help: string,
    label: string,
    windows: () => [string, Window | undefined, number][],
  ) {
    new Gauge({
      name,
      help,
      labelNames: [label, "quantile"],
      registers,
      collect() {
        this.reset();
        for (const [value, window, unit] of windows()) {
          if (window === undefined) continue;
          for (const [quantile, field] of Object.entries(QUANTILES)) {
            this.set({ [label]: value, quantile }, window[field] * unit);
          }
        }
      },
    });
  }

  function brokerTotal(
    name: string,
    help: string,
    field: "txerrs" | "txretries" | "req_timeouts" | "disconnects",
  ) {
    new Counter({
      name,
      help,
      labelNames: ["broker"],
      registers,
      collect() {
        this.reset();
        for (const [broker, statistics] of brokers()) this.inc({ broker }, statistics[field] ?? 0);
      },
    });
  }

  function single(name: string, help: string, field: "msg_cnt" | "msg_size") {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(latest[field] ?? 0);
      },
    });
  }

  single("kafka_producer_queue_records", "Records in librdkafka's queues, sent or not.", "msg_cnt");
  single("kafka_producer_queue_bytes", "Their bytes.", "msg_size");
  quantiles(
    "kafka_producer_broker_rtt_seconds",
    "Time from a request to a broker's answer, over the last seconds.",
    "broker",
    () => brokers().map(([broker, { rtt }]) => [broker, rtt, 1e-6]),
  );
  quantiles("kafka_producer_batch_bytes", "Size of batches, over the last seconds.", "topic", () =>
    Object.entries(latest.topics ?? {}).map(([topic, { batchsize }]) => [topic, batchsize, 1]),
  );
  quantiles("kafka_producer_batch_records", "Records in a batch, over the last seconds.", "topic", () =>
    Object.entries(latest.topics ?? {}).map(([topic, { batchcnt }]) => [topic, batchcnt, 1]),
  );
  brokerTotal("kafka_producer_broker_errors_total", "Requests that could not be sent.", "txerrs");
  brokerTotal("kafka_producer_broker_retries_total", "Requests that were sent again.", "txretries");
  brokerTotal("kafka_producer_broker_timeouts_total", "Requests without an answer in time.", "req_timeouts");
  brokerTotal("kafka_producer_broker_disconnects_total", "Connections that were lost.", "disconnects");

  return (statistics: Record<string, unknown>): void => {
    latest = statistics as Statistics;
  };
}
