/**
 * How many requests there were and how long they took. Kept in plain numbers and laid out for Prometheus when somebody
 * asks, since a histogram of the metrics library costs an order as much as half its JSON.
 */
import { Counter, type Registry } from "@campus/service";

/** Upper bounds of the histogram, in seconds: from what an idle Kafka takes to the delivery timeout. */
export const DURATION_BOUNDS_S: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

interface RouteCounts {
  readonly byStatus: Map<number, number>;
  /** Answers by the first bound they kept, and in the last place those that kept none. */
  readonly byBound: Float64Array;
  sumS: number;
}

/** Registers the metrics and gives the function to tell of an answer. */
export function registerRequestMetrics(registry: Registry) {
  const routes = new Map<string, RouteCounts>();
  new Counter({
    name: "http_requests_total",
    help: "Answers by route and status.",
    labelNames: ["route", "status"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [route, { byStatus }] of routes) {
        for (const [status, count] of byStatus) this.inc({ route, status }, count);
      }
    },
  });
  const name = "http_request_duration_seconds";
  const histogram = {
    name,
    help: "Time from a request's headers to its answer, in seconds, by route.",
    type: "histogram",
    aggregator: "sum",
    get: async () => ({
      ...histogram,
      values: [...routes].flatMap(([route, counts]) => series(name, route, counts)),
    }),
    reset: () => routes.clear(),
  };
  // The library's own type for a metric is a list of its classes; what it calls is this much.
  registry.registerMetric(histogram as unknown as Counter);

  return (route: string, status: number, durationMs: number): void => {
    let counts = routes.get(route);
    if (counts === undefined) {
      counts = { byStatus: new Map(), byBound: new Float64Array(DURATION_BOUNDS_S.length + 1), sumS: 0 };
      routes.set(route, counts);
    }
    counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1);
    const durationS = durationMs / 1000;
    let at = 0;
    while (at < DURATION_BOUNDS_S.length && durationS > (DURATION_BOUNDS_S[at] as number)) at += 1;
    counts.byBound[at] = (counts.byBound[at] as number) + 1;
    counts.sumS += durationS;
  };
}

function series(name: string, route: string, { byBound, sumS }: RouteCounts) {
  let count = 0;
  const buckets = [...byBound].map((answers, at) => {
    count += answers;
    const le = at < DURATION_BOUNDS_S.length ? String(DURATION_BOUNDS_S[at]) : "+Inf";
    return { metricName: `${name}_bucket`, labels: { route, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { route }, value: sumS },
    { metricName: `${name}_count`, labels: { route }, value: count },
  ];
}
