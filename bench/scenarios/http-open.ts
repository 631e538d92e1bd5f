/**
 * Orders over HTTP at a fixed rate, whatever the answers (an open loop), with latencies corrected for coordinated omission: what a client waits
 * at a load that all of these bear, or should.
 */
import {
  allSubjects,
  compareHttp,
  type HttpWork,
  httpColumns,
  httpSettings,
  isHttpPeer,
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
  columns: httpColumns,
  chart: {
    column: "p99 ms",
    words: "p99 in milliseconds, corrected for coordinated omission, less is better",
  },
  settings: (options) => httpSettings(options, work, "autocannon"),
  run: (bench) => compareHttp(bench, httpOpen, allSubjects(bench, "autocannon"), work, "p99"),
};
