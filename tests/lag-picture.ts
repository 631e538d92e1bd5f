/**
 * The picture of `orders lag --watch` in docs/: `bun tests/lag-picture.ts`. The whole system on real Apache Kafka under load; then its only inventory
 * stops, and what the command draws on a terminal meanwhile is drawn once more by a browser.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApache } from "@campus/broker";
import { startBrowser } from "./support/browser.ts";
import { postJson } from "./support/http.ts";
import { startSystem } from "./support/system.ts";

const MAIN = join(import.meta.dir, "../packages/cli/src/main.ts");
const PICTURE = join(import.meta.dir, "../docs/lag-watch.png");
const COLUMNS = 132;
/** What the command begins a new picture with. */
const CLEARED = "\x1b[3J\x1b[H";
const LOAD_S = 12;
const STOPPED_S = 9;

await using cluster = await startApache();
await using system = await startSystem({ brokers: cluster.brokers });
let text = "";
const watching = Bun.spawn(
  [
    process.execPath,
    MAIN,
    "lag",
    "--watch",
    "--interval",
    "1s",
    "--stalled-after",
    "5s",
    "--brokers",
    cluster.brokers,
  ],
  {
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: "" },
    terminal: {
      cols: COLUMNS,
      rows: 24,
      data(_terminal, data) {
        text += Buffer.from(data).toString();
      },
    },
  },
);

let count = 0;
async function loadFor(seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const orders = Array.from({ length: 40 }, () => ({
      user_id: `user${count++}`,
      item: "Burger",
      quantity: 2,
    }));
    await postJson(`${system.url}/orders/batch`, { orders });
    await Bun.sleep(100);
  }
}
await loadFor(LOAD_S);
await system.inventory.terminate();
await loadFor(STOPPED_S);
watching.kill("SIGINT");
await watching.exited;

const picture = text
  .split(CLEARED)
  .filter((drawn) => drawn.includes("STALLED"))
  .at(-1);
if (picture === undefined)
  throw new Error(`it never drew a partition that stands still:\n${text.slice(-2_000)}`);
const folder = await mkdtemp(join(tmpdir(), "campus-lag-"));
try {
  await Bun.write(join(folder, "lag.html"), pageOf(`$ orders lag --watch\n\n${picture}`));
  await using browser = startBrowser();
  await browser.open({ url: `file://${join(folder, "lag.html")}`, width: 1110, height: 100 });
  await browser.screenshot(PICTURE, { whole: true });
} finally {
  await rm(folder, { recursive: true });
}
console.log("docs/lag-watch.png");

/** What a terminal shows of a text with the colours of table.ts, as a page. */
function pageOf(drawn: string): string {
  const colours: Readonly<Record<string, string>> = {
    ...{ 31: "color:#ff7b72", 32: "color:#7ee787", 33: "color:#f2cc60" },
    ...{ 2: "opacity:.6", 1: "font-weight:bold" },
  };
  const [plain, ...coloured] = drawn.trimEnd().replaceAll("\r", "").split("\x1b[");
  // `31mwords`, `0mwords`: what else a terminal may be told (`K`) has no words of its own.
  const pieces = coloured.map((piece) => {
    const [, code, words] = /^(\d*)[A-Za-z](.*)$/s.exec(piece)!;
    return `<span style="${colours[code!] ?? ""}">${Bun.escapeHTML(words!)}</span>`;
  });
  const body = Bun.escapeHTML(plain!) + pieces.join("");
  const style =
    "margin:0;padding:16px 20px;background:#0d1117;color:#e6edf3;font:14px/1.45 'DejaVu Sans Mono',monospace";
  return `<!doctype html><meta charset="utf-8"><body style="margin:0;background:#0d1117"><pre style="${style}">${body}</pre>`;
}
