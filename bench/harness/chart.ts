/** The report's pictures: a column of a scenario's table as bars, or figures over time as lines, drawn by ECharts without a browser. */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { ours } from "./rounds.ts";
import type { Series } from "./scenario.ts";

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** Which column is drawn. */
export interface Chart {
  /** Its title in the table. */
  readonly column: string;
  /** What it is, and which way is better, in words. */
  readonly words: string;
  /** Subjects that would make the others' bars too short to tell apart. */
  readonly omit?: readonly string[];
}

/** What a picture of series shows. */
export interface Lines {
  readonly words: string;
  /** What is along the other axis; without it, seconds. */
  readonly x?: string;
  /** Whether both axes are logarithmic. */
  readonly log?: boolean;
}

export interface Bar {
  readonly subject: string;
  readonly value: number;
  /** As it stands in the table. */
  readonly text: string;
}

/** A column of the Markdown table in a text, by the table's first column; rows without a figure are left out. Pure. */
export function barsOf(text: string, { column, omit = [] }: Chart): Bar[] {
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const index = rows[0]?.indexOf(column) ?? -1;
  if (index < 0) return [];
  return rows.slice(2).flatMap((row) => {
    const [subject, words] = [row[0]!, row[index]!];
    const value = Number(words.replaceAll(",", ""));
    return words === "" || Number.isNaN(value) || omit.includes(subject)
      ? []
      : [{ subject, value, text: words }];
  });
}

const width = 860;
const barHeight = 30;
const [own, others] = ["#0f766e", "#94a3b8"];

/** An SVG. */
export function drawBars(title: string, words: string, bars: readonly Bar[]): string {
  return draw(title, words, 90 + bars.length * barHeight, {
    grid: { left: 190, right: 90, top: 64, bottom: 14 },
    xAxis: { type: "value", axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: "category",
      inverse: true,
      data: bars.map(({ subject }) => subject),
      axisTick: { show: false },
      axisLine: { show: false },
    },
    series: [
      {
        type: "bar",
        barWidth: "62%",
        data: bars.map(({ subject, value }) => ({
          value,
          itemStyle: { color: isOurs(subject) ? own : others, borderRadius: [0, 3, 3, 0] },
        })),
        label: {
          show: true,
          position: "right",
          formatter: ({ dataIndex }: { dataIndex: number }) => bars[dataIndex]!.text,
        },
      },
    ],
  });
}

const lineColors = [own, "#b45309", others, "#7c3aed", "#0369a1", "#65a30d"];

/** An SVG. */
export function drawLines(
  title: string,
  { words, x = "s", log = false }: Lines,
  series: readonly Series[],
): string {
  const type = log ? "log" : "value";
  return draw(title, words, 360, {
    color: lineColors,
    legend: { top: 54, left: 12, itemGap: 28, data: series.map(({ name }) => name) },
    grid: { left: 70, right: 20, top: 90, bottom: 40 },
    xAxis: { type, name: x, max: "dataMax", splitLine: { show: false } },
    yAxis: { type },
    series: series.map(({ name, points }) => ({ type: "line", name, showSymbol: false, data: points })),
  });
}

function draw(title: string, words: string, height: number, option: object): string {
  const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  drawing.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "system-ui, sans-serif" },
    title: { text: title, subtext: words, left: 12, top: 8, textStyle: { fontSize: 15 } },
    ...option,
  });
  // Without what happens under a mouse: its names count all pictures so far, and the same figures are to give the same file.
  const svg = drawing
    .renderToSVGString()
    .replace(/<style[\s\S]*?<\/style>/, "")
    .replaceAll(/ class="[^"]*"/g, "")
    .replace(/^<svg[^>]*>/, (tag) => `${tag}\n<title>${Bun.escapeHTML(`${title}: ${words}`)}</title>`);
  drawing.dispose();
  return `${svg}\n`;
}

/** Ours by any of its settings, or at any rate. */
const isOurs = (subject: string) => subject.startsWith(ours) || /^[\d,]+\/s$/.test(subject);
