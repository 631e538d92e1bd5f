/** `RESULTS.md`: a run's figures with everything that is needed to judge and repeat them. */
import { join } from "node:path";
import { benchFolder } from "./out-folder.ts";
import { type Results, rowsOf } from "./results.ts";
import type { Comparison, Scenario } from "./scenario.ts";
import { markdownTable } from "./table.ts";

export const reportFile = join(benchFolder, "RESULTS.md");

function scenarioSection(scenario: Scenario, comparison: Comparison, results: Results): string {
  const settings = Object.entries(results.settings[scenario.name] ?? {});
  return [
    `## \`${scenario.name}\`: ${scenario.title}`,
    markdownTable(scenario.columns, rowsOf(comparison)),
    `Ratios are of ${scenario.ratioOf}, ${scenario.better} is better for ours. ` +
      `Settings: ${settings.map(([name, value]) => `${name} ${value}`).join("; ")}.`,
  ].join("\n\n");
}

export function renderReport(
  results: Results,
  comparisons: readonly { scenario: Scenario; comparison: Comparison }[],
): string {
  const { machine, versions, unavailable } = results;
  const missing = Object.entries(unavailable);
  const sections = [
    "# Measured",
    `Written by \`${results.command}\` on ${results.date.slice(0, 10)}; how to read it is in [README.md](README.md).`,
    [
      `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; clients and broker share it.`,
      `- Cluster: ${results.cluster}.`,
      `- Versions: ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ")}.`,
      ...missing.map(([peer, reason]) => `- Not measured: ${peer}, since ${reason}.`),
    ].join("\n"),
    ...comparisons.map(({ scenario, comparison }) => scenarioSection(scenario, comparison, results)),
  ];
  return `${sections.join("\n\n")}\n`;
}
