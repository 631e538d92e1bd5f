/** `RESULTS.md`: figures with everything that is needed to judge and repeat them, a section a scenario. A run writes its own and leaves the others. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { barsOf, drawBars, drawLines } from "./chart.ts";
import { benchFolder } from "./out-folder.ts";
import { type Results, rowsOf } from "./results.ts";
import type { Comparison, Scenario } from "./scenario.ts";
import { markdownTable } from "./table.ts";

export const reportFile = join(benchFolder, "RESULTS.md");

const HEAD = `# Measured

Written by \`bun bench … --report\`, each section by the run that it names; how to read it is in [README.md](README.md).`;

/** What was run, where, on what: folded away, since it is long and the same for all scenarios of a run. */
function runNote({ command, date, machine, cluster, versions, unavailable }: Results): string {
  const words = (of: Readonly<Record<string, string>>) =>
    Object.entries(of)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ");
  const missing = Object.entries(unavailable).map(([peer, why]) => `- Not measured: ${peer}, since ${why}.`);
  return [
    `<details><summary><code>${command}</code> on ${date.slice(0, 10)}</summary>\n`,
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; programs and broker share it.`,
    `- Cluster: ${cluster}.`,
    `- Versions: ${words(versions)}.`,
    ...missing,
    "\n</details>",
  ].join("\n");
}

function scenarioSection(scenario: Scenario, comparison: Comparison, results: Results): string {
  const settings = Object.entries(results.settings[scenario.name] ?? {});
  return [
    `## \`${scenario.name}\`: ${scenario.title}`,
    runNote(results),
    markdownTable(scenario.columns, rowsOf(comparison)),
    `Ratios are of ${scenario.ratioOf}, ${scenario.better} is better for ours. ` +
      `Settings: ${settings.map(([name, value]) => `${name} ${value}`).join("; ")}.`,
  ].join("\n\n");
}

const pictureOf = ({ name, title }: Scenario, words: string) => `![${title}: ${words}](charts/${name}.svg)`;

/** The section with the link to its picture, behind what was run. */
function withPicture(section: string, scenario: Scenario): string {
  const words = (scenario.chart ?? scenario.lines)?.words;
  if (words === undefined || section.includes(`(charts/${scenario.name}.svg)`)) return section;
  return section.replace("</details>", `</details>\n\n${pictureOf(scenario, words)}`);
}

/** Draws the tables of a report, whichever run they are of, and the series of this run. */
export async function writeCharts(
  report: string,
  comparisons: readonly { scenario: Scenario; comparison: Comparison }[],
  scenarios: readonly Scenario[],
): Promise<void> {
  const sections = sectionsOf(report);
  const folder = join(benchFolder, "charts");
  await mkdir(folder, { recursive: true });
  const write = (name: string, svg: string) => Bun.write(join(folder, `${name}.svg`), svg);
  for (const { name, title, chart } of scenarios) {
    const bars = chart ? barsOf(sections.get(name) ?? "", chart) : [];
    if (bars.length > 0) await write(name, drawBars(title, chart!.words, bars));
  }
  for (const { scenario, comparison } of comparisons) {
    const { name, title, lines } = scenario;
    if (lines && comparison.series) await write(name, drawLines(title, lines, comparison.series));
  }
}

/** Sections of a report by the name of their scenario. */
function sectionsOf(report: string): Map<string, string> {
  const sections = report.split(/^(?=## `)/m).slice(1);
  return new Map(sections.map((section) => [/^## `([^`]+)`/.exec(section)![1]!, section.trim()]));
}

/** The sections of this run, and of `before` those of other scenarios, in the order of all scenarios. */
export function renderReport(
  results: Results,
  comparisons: readonly { scenario: Scenario; comparison: Comparison }[],
  { before, scenarios }: { readonly before: string; readonly scenarios: readonly Scenario[] },
): string {
  const sections = sectionsOf(before);
  for (const { scenario, comparison } of comparisons) {
    // Not measured here, as on the embedded cluster: what was measured elsewhere stays.
    if (comparison.results.length > 0)
      sections.set(scenario.name, scenarioSection(scenario, comparison, results));
  }
  const all = scenarios.flatMap((scenario) => {
    const section = sections.get(scenario.name);
    return section === undefined ? [] : [withPicture(section, scenario)];
  });
  return `${[HEAD, ...all].join("\n\n")}\n`;
}
