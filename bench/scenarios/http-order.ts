/**
 * Orders over HTTP, a closed loop of 256 connections: the producer service as it runs in the system, each order answered once Kafka has
 * acknowledged it; the same service as others would build it; the same routes without Kafka; and a bare server, which says how far the
 * generator itself can go. Ours and the bare server once more with autocannon, which is the slower generator.
 */
import { fastestGenerator } from "../harness/http-load.ts";
import {
  allSubjects,
  bareSubject,
  closedLoopGenerator,
  compareHttp,
  type HttpSubject,
  type HttpWork,
  httpColumns,
  httpSettings,
  isHttpPeer,
  ownSubject,
} from "../harness/http-scenario.ts";
import type { Scenario } from "../harness/scenario.ts";

const work: HttpWork = { path: "/order", connections: 256, ordersPerRequest: 1 };

export const httpOrder: Scenario = {
  name: "http-order",
  title: "POST /order, closed loop of 256 connections",
  ratioOf: "orders/s",
  better: "higher",
  peers: isHttpPeer,
  bounds: { noop: { min: 0.2 } },
  columns: httpColumns,
  chart: { column: "orders/s", words: "orders a second, more is better" },
  settings: (options) => httpSettings(options, work, fastestGenerator()),
  async run(bench) {
    const generator = await closedLoopGenerator(bench);
    const crossCheck: HttpSubject[] =
      generator === "autocannon"
        ? []
        : [
            ownSubject(bench, "autocannon", "ours-autocannon"),
            bareSubject("autocannon", "bare-serve-autocannon"),
          ];
    const twice: HttpSubject = {
      ...ownSubject(bench, generator, "ours-2-processes", { PRODUCER_PROCESSES: "2" }),
      title: "the producer service, PRODUCER_PROCESSES=2",
    };
    const [own, ...others] = allSubjects(bench, generator);
    const subjects = bench.options.check
      ? [own!, ...others.filter(({ name }) => name in httpOrder.bounds)]
      : [own!, twice, ...others, ...crossCheck];
    return compareHttp(bench, httpOrder, subjects, work, "rate");
  },
};
