/** The three charts: uPlot on columns of the last 15 minutes, resized with the page and redrawn in the colours of the scheme in force. */
import uPlot from "/uplot.js";

const KEPT = 15 * 60;
const HEIGHT = 150;

const CHARTS = [
  { id: "chart-rate", series: ["ordersPerSecond", "eventsPerSecond"] },
  { id: "chart-lag", series: ["inventoryLag", "analyticsLag"] },
  { id: "chart-latency", series: ["p50Ms", "p99Ms"] },
];

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A colour as the style sheet has it now: a canvas knows no custom properties. */
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function create({ id, series }, columns) {
  const place = document.getElementById(id);
  place.replaceChildren();
  const [quiet, line] = [colour("--quiet"), colour("--line")];
  const axis = {
    stroke: quiet,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    font: "11px system-ui",
  };
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false },
      scales: {
        x: { range: () => rangeOf(columns) },
        y: { range: (_, __, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
      },
      axes: [
        { ...axis, values: times, incrs: [60, 120, 180, 300] },
        { ...axis, size: 48, values: (_, ticks) => ticks.map((tick) => short.format(tick)) },
      ],
      series: [
        {},
        ...series.map((_, index) => ({
          stroke: colour(index === 0 ? "--one" : "--two"),
          width: 1.75,
          points: { show: false },
          spanGaps: false,
        })),
      ],
    },
    dataOf(series, columns),
    place,
  );
}

/** All there is, at least two minutes of it: a line that has only begun is not pressed against the edge. */
function rangeOf({ at }) {
  const end = at.at(-1) ?? Math.floor(Date.now() / 1000);
  const span = Math.min(KEPT, Math.max(120, end - (at[0] ?? end)));
  return [end - span, end];
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const times = (_, ticks) => ticks.map((tick) => clock.format(tick * 1000));

function dataOf(series, columns) {
  return [columns.at, ...series.map((name) => columns[name])];
}

export function createCharts() {
  const columns = { at: [] };
  for (const { series } of CHARTS) for (const name of series) columns[name] = [];
  let plots = [];

  function draw() {
    plots = CHARTS.map((chart) => create(chart, columns));
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => {
    for (const [index, { id }] of CHARTS.entries())
      plots[index].setSize({ width: document.getElementById(id).clientWidth, height: HEIGHT });
  }).observe(document.querySelector(".charts"));

  return {
    /** All that is known of the last minutes, in place of what was drawn. */
    reset(history) {
      for (const name of Object.keys(columns)) columns[name] = [...(history[name] ?? [])];
      this.redraw();
    },
    add(atSeconds, point) {
      columns.at.push(atSeconds);
      for (const name of Object.keys(columns)) if (name !== "at") columns[name].push(point[name] ?? null);
      if (columns.at.length > KEPT) for (const name of Object.keys(columns)) columns[name].shift();
      this.redraw();
    },
    redraw() {
      if (document.hidden) return;
      for (const [index, { series }] of CHARTS.entries()) plots[index].setData(dataOf(series, columns));
    },
  };
}
