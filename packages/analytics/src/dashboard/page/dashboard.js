/** The page: what the feed says goes into its places once a second, and an order of the form to the producer. All text is set as text, never as HTML. */
import { createCharts } from "/charts.js";

/** The feed speaks every second; after this long without a word what stands here is old. */
const STALE_MS = 5_000;

const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en");
const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const milliseconds = (ms) =>
  ms === null || ms === undefined ? "–" : ms < 1000 ? `${Math.round(ms)} ms` : `${rate.format(ms / 1000)} s`;

const charts = createCharts();
let lastWordAt = performance.now();
let hasSpoken = false;

function say(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function showFigures({ report, latency, deadLetters }) {
  const { total_orders: total, reserved_orders: reserved, failed_orders: failed } = report;
  const decided = reserved + failed;
  say("orders-per-minute", whole.format(report.orders_per_minute));
  say("events-per-second", rate.format(report.throughput_events_per_second));
  say("total-orders", whole.format(total));
  say("open-orders", whole.format(Math.max(0, total - decided)));
  say("success-rate", decided === 0 ? "–" : `${rate.format(report.success_rate_percent)} %`);
  say("failure-rate", decided === 0 ? "–" : `${rate.format(report.failure_rate_percent)} %`);
  say("reserved-orders", whole.format(reserved));
  say("failed-orders", whole.format(failed));
  say("latency-p50", milliseconds(latency?.p50Ms));
  say("latency-p95", milliseconds(latency?.p95Ms));
  say("latency-p99", milliseconds(latency?.p99Ms));
  const letters = Object.entries(deadLetters ?? {});
  const count = letters.reduce((sum, [, of]) => sum + of, 0);
  say("dead-letters", deadLetters === null ? "–" : whole.format(count));
  $("dead-letters").className = count > 0 ? "bad" : "";
  const where = letters.filter(([, of]) => of > 0).map(([topic]) => topic);
  say("dead-letters-sub", where.length === 0 ? "none set aside" : where.join(", "));
  say("as-of", `As of ${new Date(report.timestamp).toLocaleTimeString()}.`);
}

function showOrders(orders) {
  if (orders.length === 0) return;
  const rows = orders.map(({ order_id, item, quantity, state, tookMs }) =>
    element(
      "tr",
      {},
      element("td", { title: order_id }, element("code", {}, order_id.slice(-12))),
      element("td", { class: "what", title: item }, `${quantity} × ${item}`),
      element("td", {}, element("span", { class: `state ${state}` }, state)),
      element("td", { class: "number" }, milliseconds(tookMs)),
    ),
  );
  $("orders").replaceChildren(...rows);
}

function groupTable({ group, state, members, partitions, lag }) {
  const rows = partitions.map(({ topic, partition, lag, client }) =>
    element(
      "tr",
      {},
      element("td", {}, `${topic}/${partition}`),
      element("td", {}, client ?? "–"),
      element("td", { class: "number" }, lag === null ? "–" : whole.format(lag)),
    ),
  );
  const head = ["Partition", "Consumer", "Lag"].map((text, index) =>
    element("th", { scope: "col", ...(index === 2 ? { class: "number" } : {}) }, text),
  );
  const who =
    state === null
      ? "members not known on this cluster"
      : `${state}, ${members.length} ${members.length === 1 ? "consumer" : "consumers"}`;
  const title = element("h3", {}, group, element("span", {}, `${who} · lag ${whole.format(lag)}`));
  const table = element(
    "table",
    { "aria-label": `Partitions of ${group}` },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
  return element("div", { class: "group" }, title, table);
}

function showCluster(cluster, trouble) {
  $("trouble").hidden = trouble === null;
  if (trouble !== null)
    say("trouble", `Kafka does not answer, so lag and groups are as they were: ${trouble}`);
  if (cluster === null) return;
  const none = element("p", { class: "empty" }, "No group has read anything yet.");
  $("groups").replaceChildren(...(cluster.groups.length === 0 ? [none] : cluster.groups.map(groupTable)));
}

function showConnection(state, text) {
  $("connection").dataset.state = state;
  say("connection-text", text);
  document.body.classList.toggle("is-stale", state === "stale");
}

function heard() {
  lastWordAt = performance.now();
  hasSpoken = true;
  showConnection("live", "Live");
}

function follow() {
  const source = new EventSource("/events");
  source.addEventListener("history", ({ data }) => {
    heard();
    charts.reset(JSON.parse(data));
  });
  source.addEventListener("snapshot", ({ data }) => {
    heard();
    const snapshot = JSON.parse(data);
    charts.add(Math.round(Date.parse(snapshot.report.timestamp) / 1000), snapshot.point);
    if (document.hidden) return;
    showFigures(snapshot);
    showOrders(snapshot.orders);
    showCluster(snapshot.cluster, snapshot.trouble);
  });
  // The browser connects again by itself, but not after every kind of failure.
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(follow, 2_000);
  });
}

setInterval(() => {
  const silentMs = performance.now() - lastWordAt;
  if (silentMs < STALE_MS) return;
  const since = `${Math.round(silentMs / 1000)} s`;
  showConnection(
    "stale",
    hasSpoken ? `Stale: nothing heard for ${since}. Reconnecting…` : "No connection yet. Trying again…",
  );
}, 1_000);

document.addEventListener("visibilitychange", () => charts.redraw());

$("order-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  const { user_id, item, quantity } = Object.fromEntries(new FormData(form));
  const answer = $("order-answer");
  button.disabled = true;
  answer.className = "";
  answer.textContent = "Placing…";
  try {
    const response = await fetch("/order", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ user_id, item, quantity: Number(quantity) }),
    });
    const { order_id, detail, title } = await response.json();
    answer.className = response.ok ? "" : "bad";
    answer.textContent = response.ok
      ? `Accepted: order …${order_id.slice(-12)} is in Kafka.`
      : (detail ?? title);
  } catch (error) {
    answer.className = "bad";
    answer.textContent = `The order was not placed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
});

follow();
