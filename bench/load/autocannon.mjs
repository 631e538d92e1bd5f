// Load with autocannon, to be run under Node (autocannon's sockets are Node's): a closed loop, or with `rate` an open one, corrected for
// coordinated omission. Its settings are a JSON file, the argument; warms up, measures, and prints one line of JSON.
import { readFileSync } from "node:fs";
import autocannon from "autocannon";

const { url, path, connections, seconds, warmupSeconds, bodies, rate } = JSON.parse(
  readFileSync(process.argv[2], "utf8"),
);
const headers = { "content-type": "application/json" };
const options = {
  url,
  connections,
  requests: bodies.map((body) => ({ method: "POST", path, headers, body })),
  ...(rate && { overallRate: rate }),
};

const warmup = await autocannon({ ...options, duration: warmupSeconds });
const measured = await autocannon({ ...options, duration: seconds });
const statuses = {};
for (const { statusCodeStats } of [warmup, measured])
  for (const [status, { count }] of Object.entries(statusCodeStats))
    statuses[status] = (statuses[status] ?? 0) + count;
console.log(
  JSON.stringify({
    accepted: measured["2xx"],
    seconds: measured.duration,
    p50Ms: measured.latency.p50,
    p99Ms: measured.latency.p99,
    p999Ms: measured.latency.p99_9,
    statuses,
    errors: warmup.errors + measured.errors,
    timeouts: warmup.timeouts + measured.timeouts,
  }),
);
