/** `bun bench`: starts a cluster, runs scenarios against it, prints what came out. Wiring only. */
import { BrokerError } from "@campus/broker";
import { type Arguments, parseArguments, UsageError } from "./harness/arguments.ts";
import { openCluster } from "./harness/cluster.ts";
import { helpText } from "./harness/help.ts";
import { writePayloads } from "./harness/payload.ts";
import { type PreparedPeer, preparePeers } from "./harness/peer.ts";
import { startProfiling, takeThreadTable } from "./harness/profile.ts";
import { Progress } from "./harness/progress.ts";
import { renderReport, reportFile, writeCharts } from "./harness/report.ts";
import { collectResults, faultsOf, rowsOf } from "./harness/results.ts";
import type { Comparison, Scenario } from "./harness/scenario.ts";
import { RunFailed } from "./harness/subject-process.ts";
import { textTable } from "./harness/table.ts";
import { defaultPeers, peers } from "./peers/index.ts";
import { scenarios } from "./scenarios/index.ts";

const progress = new Progress();
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
process.once("SIGTERM", () => interrupted.abort(new Error("interrupted")));
const { signal } = interrupted;

function readArguments(): Arguments {
  try {
    return parseArguments(process.argv.slice(2), {
      scenarios: scenarios.map(({ name }) => name),
      peers: peers.map(({ name }) => name),
      defaultPeers,
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\`bun bench --help\` lists what there is.`);
    process.exit(2);
  }
}

interface Run {
  readonly chosen: readonly Scenario[];
  readonly prepared: readonly PreparedPeer[];
  readonly options: Arguments;
}

/** Runs the scenarios one after the other on one cluster, a table after each. */
async function runScenarios({ chosen, prepared, options }: Run) {
  await using cluster = await openCluster(progress, signal);
  const payloads = await writePayloads();
  const comparisons: { scenario: Scenario; comparison: Comparison }[] = [];
  for (const scenario of chosen) {
    progress.say(`\n${scenario.name}: ${scenario.title}`);
    const comparison = await scenario.run({ cluster, payloads, peers: prepared, options, progress, signal });
    comparisons.push({ scenario, comparison });
    progress.say(`\n${textTable(scenario.columns, rowsOf(comparison))}`);
    const threads = takeThreadTable();
    if (threads) progress.say(`\n${threads}`);
  }
  return { comparisons, cluster };
}

async function main(): Promise<number> {
  const options = readArguments();
  if (options.help) {
    console.log(helpText(scenarios, peers, defaultPeers));
    return 0;
  }
  if (options.profile) startProfiling();
  const chosen = scenarios.filter(({ name }) => options.scenarios.includes(name));
  const wanted = peers.filter(
    (peer) => options.peers.includes(peer.name) && chosen.some((scenario) => scenario.peers(peer)),
  );
  const { prepared, unavailable } = await preparePeers(wanted, { progress, signal });
  const { comparisons, cluster } = await runScenarios({ chosen, prepared, options });
  const command = ["bun bench", ...process.argv.slice(2)].join(" ");
  const results = collectResults({ command, cluster, options, peers: prepared, unavailable, comparisons });

  if (options.json === "-") console.log(JSON.stringify(results, null, 2));
  else if (options.json) await Bun.write(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.report) {
    const file = Bun.file(reportFile);
    const before = (await file.exists()) ? await file.text() : "";
    const report = renderReport(results, comparisons, { before, scenarios });
    await Bun.write(file, report);
    await writeCharts(report, comparisons, scenarios);
  }
  const faults = faultsOf(results, chosen, options.check);
  for (const [peer, reason] of Object.entries(unavailable))
    progress.say(`Not measured: ${peer}, since ${reason}`);
  for (const fault of faults) progress.say(fault);
  return faults.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = signal.aborted ? 130 : 1;
  if (signal.aborted) progress.say("interrupted: what was started is stopped");
  else if (error instanceof RunFailed) progress.say(`ours FAILED: ${error.message}`);
  else if (error instanceof BrokerError) progress.say(error.message);
  else throw error;
}
