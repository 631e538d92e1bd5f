/** `orders load`: orders at a fixed rate, and how the system took them. */
import { readFileSync } from "node:fs";
import { BATCH_MAX_ORDERS } from "@campus/events";
import type { Command, Given } from "../command.ts";
import { EXIT_CODE, failed, UsageError } from "../exit-code.ts";
import { generateLoad, type LoadFigures, type LoadOptions } from "../loading.ts";
import { formatDuration } from "../moment.ts";
import { duration, wholeNumber } from "../number-option.ts";
import type { Output } from "../output.ts";
import { createProgressBar } from "../progress-bar.ts";
import type { Column } from "../table.ts";

const DEFAULT_URL = "http://127.0.0.1:8201";
const PERCENTILES = [50, 90, 99, 99.9, 99.99] as const;

/** Of a core: above this, requests are sent late and answers read late. */
const BUSY = 0.9;

const COLUMNS: readonly Column[] = [
  ...["DUE", "ACCEPTED", "FAILED", "ORDERS/S"],
  ...PERCENTILES.map((percentile) => `P${percentile}`),
  "MAX",
].map((title) => ({ title, align: "right" }));

const FAILURE_COLUMNS: readonly Column[] = [
  { title: "ORDERS", align: "right" },
  { title: "STATUS", align: "right" },
  { title: "REASON" },
];

export const load: Command = {
  name: "load",
  summary: "orders at a fixed rate, and how they are taken",
  description: `Posts orders to the producer, so many a second whatever it makes of them, and shows how many were accepted and how long that took: with one
order a request from the time at which the order was due to its answer, so what a slow answer holds up is in the figures (corrected for
coordinated omission). Exit code 1 if any order was not accepted. Kafka itself is not asked: \`orders verify\` says what became of them.

The orders are real ones. One process of this command posts some thousand requests a second; for more, use --batch.`,
  options: [
    { name: "rate", value: "N", description: "orders a second (default: 1000)" },
    { name: "for", value: "DURATION", description: "how long (default: 60s); Ctrl-C ends it earlier" },
    { name: "url", value: "URL", description: `the producer (default: ${DEFAULT_URL})` },
    {
      name: "batch",
      value: "N",
      description: `orders a request, up to ${BATCH_MAX_ORDERS}; more than one go to /orders/batch (default: 1)`,
    },
    { name: "connections", value: "N", description: "requests in flight at most (default: 128)" },
    {
      name: "api-key-file",
      value: "FILE",
      description: "a file that holds the key to send and nothing else",
    },
  ],
  examples: [
    ["load --rate 1000 --for 60s", "60,000 orders in a minute"],
    ["load --rate 50000 --batch 500 --for 10s", "half a million orders in ten seconds"],
    ["load --rate 200 --for 1m --json | jq .latencyMs", "the latencies for programs"],
  ],
  async run(given, { output, interruption }) {
    const options = readOptions(given, interruption());
    await checkUrl(options.url);
    const bar = createProgressBar(options.durationMs);
    const figures = await generateLoad({
      ...options,
      onSecond: (far) => bar.update(Math.min(options.durationMs, far.elapsedMs), liveWords(far)),
    });
    bar.clear();
    if (output.isJson) output.json(toDocument(options, figures));
    else print(output, figures);
    if (figures.busy > BUSY) {
      output.say(
        "This command was busy itself nearly all the time, so latencies are partly its own: take a lower --rate or a larger --batch.",
      );
    }
    return figures.accepted === figures.due ? EXIT_CODE.ok : EXIT_CODE.failed;
  },
};

/** @throws UsageError */
function readOptions(given: Given, interrupted: AbortSignal): LoadOptions {
  const url = (given.value("url") ?? DEFAULT_URL).replace(/\/+$/, "");
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new UsageError(`--url is ${JSON.stringify(url)}: it takes an address like ${DEFAULT_URL}`);
  }
  const batch = wholeNumber(given, "batch", 1) ?? 1;
  if (batch > BATCH_MAX_ORDERS) {
    throw new UsageError(`--batch is ${batch}: a request takes ${BATCH_MAX_ORDERS} orders at most`);
  }
  const durationMs = duration(given, "for") ?? 60_000;
  if (durationMs === 0) throw new UsageError("--for is no time at all");
  return {
    ...{ url, batch, durationMs, interrupted },
    rate: wholeNumber(given, "rate", 1) ?? 1_000,
    connections: wholeNumber(given, "connections", 1) ?? 128,
    apiKey: readApiKey(given.value("api-key-file")),
  };
}

function readApiKey(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const key = readFileSync(path, "utf8").trim();
    if (/^[\x21-\x7e]+$/.test(key)) return key;
  } catch (error) {
    throw new UsageError(`--api-key-file can't be read: ${(error as Error).message}`);
  }
  throw new UsageError(`--api-key-file ${path} holds no key: one line without blanks is a key`);
}

/** Rather than a minute of orders to nobody. */
async function checkUrl(url: string): Promise<void> {
  try {
    await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw failed(`Nobody answers at ${url}: ${(error as Error).message} Is the system running? (bun start)`);
  }
}

function liveWords({ due, accepted, failures, inFlight, elapsedMs, latency }: LoadFigures): string {
  const failedOrders = sum(failures);
  return [
    `${accepted} of ${due} accepted, ${Math.round((1_000 * accepted) / elapsedMs)}/s`,
    `p50 ${formatMs(latency.getValueAtPercentile(50) / 1_000)}`,
    `p99 ${formatMs(latency.getValueAtPercentile(99) / 1_000)}`,
    `${inFlight} in flight`,
    ...(failedOrders > 0 ? [`${failedOrders} failed`] : []),
  ].join(", ");
}

function print(output: Output, { due, accepted, failures, elapsedMs, latency }: LoadFigures): void {
  const failedOrders = sum(failures);
  const values = PERCENTILES.map((percentile) => latency.getValueAtPercentile(percentile));
  output.table(COLUMNS, [
    [
      due,
      accepted,
      { text: failedOrders, tone: failedOrders > 0 ? "bad" : "good" },
      Math.round((1_000 * accepted) / elapsedMs),
      ...[...values, latency.maxValue].map((us) => (latency.totalCount === 0 ? null : formatMs(us / 1_000))),
    ],
  ]);
  if (failures.length === 0) return;
  output.gap();
  output.table(
    FAILURE_COLUMNS,
    failures.map(({ orders, status, reason }) => [orders, status ?? "none", reason]),
  );
}

function toDocument(
  { url, rate, durationMs, batch, connections }: LoadOptions,
  { due, accepted, failures, elapsedMs, busy, latency }: LoadFigures,
) {
  const percentile = (of: number) =>
    latency.totalCount === 0 ? null : latency.getValueAtPercentile(of) / 1_000;
  return {
    ...{ url, rate, durationMs, batch, connections, due, accepted, failures },
    elapsedMs: Math.round(elapsedMs),
    ordersPerSecond: (1_000 * accepted) / elapsedMs,
    busy,
    latencyMs: {
      ...Object.fromEntries(PERCENTILES.map((of) => [`p${of}`, percentile(of)])),
      max: percentile(100),
    },
  };
}

const sum = (failures: LoadFigures["failures"]) => failures.reduce((all, { orders }) => all + orders, 0);

/** Below a second with the digits that tell latencies apart. */
const formatMs = (ms: number) =>
  ms >= 1_000 ? formatDuration(ms) : `${ms < 10 ? ms.toFixed(2) : ms.toFixed(ms < 100 ? 1 : 0)}ms`;
