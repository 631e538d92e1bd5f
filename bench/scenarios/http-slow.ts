/**
 * Orders over HTTP while 500 clients never finish their requests (slowloris): what those cost who do. A moderate fixed rate, since under full load the
 * queue would hide it.
 */
import { generatorTitles } from "../harness/http-load.ts";
import {
  compareHttp,
  type HttpSubject,
  type HttpWork,
  httpColumns,
  httpSettings,
  openLoopGenerator,
  ownSubject,
} from "../harness/http-scenario.ts";
import type { Scenario } from "../harness/scenario.ts";

const SLOW_SOCKETS = 500;
const work: HttpWork = { path: "/order", connections: 64, ordersPerRequest: 1, rate: 2_000 };

export const httpSlow: Scenario = {
  name: "http-slow",
  title: "POST /order 2,000 times a second beside 500 clients that never finish a request",
  ratioOf: "p99, corrected for coordinated omission",
  better: "lower",
  peers: () => false,
  bounds: {},
  columns: httpColumns,
  settings: (options) => ({
    ...httpSettings(options, work, "oha"),
    generator: `${generatorTitles.oha} where it could be built, else ${generatorTitles.autocannon}`,
    "slow clients": `${SLOW_SOCKETS}, a byte of a header a second each; who is thrown out comes again`,
  }),
  async run(bench) {
    const generator = await openLoopGenerator(bench);
    const ours = ownSubject(bench, generator);
    const beside: HttpSubject = {
      ...ownSubject(bench, generator, "ours-beside-slow"),
      title: `the producer service beside ${SLOW_SOCKETS} slow clients`,
      slowSockets: SLOW_SOCKETS,
    };
    return compareHttp(bench, httpSlow, [ours, beside], work, "p99");
  },
};
