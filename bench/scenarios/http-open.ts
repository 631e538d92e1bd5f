/**
 * Orders over HTTP at a fixed rate, whatever the answers (an open loop), with latencies corrected for coordinated omission: what a client waits
 * at a load that all of these bear, or should.
 */
import { extraColumn } from "../harness/columns.ts";
import { generatorTitles } from "../harness/http-load.ts";
import {
  allSubjects,
  compareHttp,
  curvesOf,
  type HttpSubject,
  type HttpWork,
  httpColumns,
  httpSettings,
  isHttpPeer,
  openLoopGenerator,
  ownSubject,
} from "../harness/http-scenario.ts";
import type { Scenario } from "../harness/scenario.ts";

const work: HttpWork = { path: "/order", connections: 256, ordersPerRequest: 1, rate: 10_000 };

export const httpOpen: Scenario = {
  name: "http-open",
  title: "POST /order, open loop at 10,000 a second",
  ratioOf: "p99, corrected for coordinated omission",
  better: "lower",
  peers: isHttpPeer,
  bounds: {},
  columns: httpColumns.toSpliced(-3, 0, extraColumn("p99.99 ms", "p9999Ms", 3)),
  lines: {
    words: "percentiles in milliseconds, corrected for coordinated omission: the slowest of so many requests",
    x: "requests",
    log: true,
  },
  settings: (options) => ({
    ...httpSettings(options, work, "oha"),
    generator: `${generatorTitles.oha} where it could be built, else ${generatorTitles.autocannon}; each subject's row says which`,
  }),
  async run(bench) {
    const generator = await openLoopGenerator(bench);
    const [own, ...others] = allSubjects(bench, generator);
    const lingering: HttpSubject = {
      ...ownSubject(bench, generator, "ours-linger-2ms", { PRODUCER_LINGER: "2ms" }),
      title: "the producer service, PRODUCER_LINGER=2ms",
    };
    const comparison = await compareHttp(bench, httpOpen, [own!, lingering, ...others], work, "p99");
    return { ...comparison, series: curvesOf(comparison.results) };
  },
};
