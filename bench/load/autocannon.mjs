// Closed-loop load with autocannon, to be run under Node (autocannon's sockets are Node's). Takes its settings as one JSON
// argument, warms up, measures, and prints one line of JSON.
import autocannon from "autocannon";

const { url, connections, seconds, warmupSeconds, bodies } = JSON.parse(process.argv[2]);
const headers = { "content-type": "application/json" };
const options = {
  url,
  connections,
  requests: bodies.map((body) => ({ method: "POST", path: "/order", headers, body: JSON.stringify(body) })),
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
    version: autocannon.version,
  }),
);
