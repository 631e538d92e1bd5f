/** Orders over HTTP a thousand a request: what the parser, the checks and the Kafka client make of them when sockets are not the limit. */
import { fastestGenerator } from "../harness/http-load.ts";
import {
  allSubjects,
  closedLoopGenerator,
  compareHttp,
  type HttpWork,
  httpColumns,
  httpSettings,
  isHttpPeer,
} from "../harness/http-scenario.ts";
import type { Scenario } from "../harness/scenario.ts";

const work: HttpWork = { path: "/orders/batch", connections: 16, ordersPerRequest: 1_000 };

export const httpBatch: Scenario = {
  name: "http-batch",
  title: "POST /orders/batch of 1000, closed loop of 16 connections",
  ratioOf: "orders/s",
  better: "higher",
  peers: isHttpPeer,
  bounds: {},
  columns: httpColumns,
  chart: {
    column: "orders/s",
    words: "orders a second, more is better; without those that keep nothing",
    omit: ["noop", "bare-serve"],
  },
  settings: (options) => httpSettings(options, work, fastestGenerator()),
  async run(bench) {
    const subjects = allSubjects(bench, await closedLoopGenerator(bench));
    return compareHttp(bench, httpBatch, subjects, work, "rate");
  },
};
