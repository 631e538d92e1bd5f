/**
 * The pictures of the dashboard in docs/: `bun tests/dashboard-pictures.ts [--seconds 90]`. The whole system on real Apache Kafka under a load that goes up and down,
 * two inventories, some records that are no events; then a desktop, in the light and in the dark, and a phone.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startApache } from "@campus/broker";
import { ORDER_EVENTS } from "@campus/events";
import { createProducer } from "@campus/kafka";
import { startBrowser } from "./support/browser.ts";
import { postJson } from "./support/http.ts";
import { createServiceProcess } from "./support/service-process.ts";
import { startSystem } from "./support/system.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "90" } } });
const docs = join(import.meta.dir, "../docs");
const items = ["Burger", "Pasta", "Soup of the day", "Salad", "Falafel wrap", "Curry"];

await mkdir(docs, { recursive: true });
await using cluster = await startApache();
await using system = await startSystem({ brokers: cluster.brokers });
const second = createServiceProcess({ name: "inventory", environment: { KAFKA_BROKER: cluster.brokers } });
await second.start();
await using browser = startBrowser();
const pictures = [
  ["dashboard", { width: 1280, height: 800 }],
  ["dashboard-dark", { width: 1280, height: 800, dark: true }],
  ["dashboard-phone", { width: 390, height: 844, mobile: true }],
] as const;
await browser.open({ url: system.dashboardUrl, ...pictures[0][1] });

async function place(count: number): Promise<void> {
  const orders = Array.from({ length: count }, (_, i) => ({
    user_id: `user${i}`,
    item: items[Math.floor(Math.random() * items.length)]!,
    quantity: 1 + Math.floor(Math.random() * 4),
  }));
  await postJson(`${system.url}/orders/batch`, { orders });
}

const until = performance.now() + Number(values.seconds) * 1000;
for (let tenth = 0; performance.now() < until; tenth++) {
  await place(Math.round(20 + 14 * Math.sin(tenth / 45) + 6 * Math.random()));
  await Bun.sleep(100);
}
{
  await using poison = createProducer({ brokers: cluster.brokers });
  await poison.sendBatch(ORDER_EVENTS, [
    { key: "1", value: "no event" },
    { key: "2", value: "nor this" },
  ]);
}
for (const [name, options] of pictures) {
  await browser.open({ url: system.dashboardUrl, ...options });
  for (let tenth = 0; tenth < 60; tenth++) {
    await place(25);
    await Bun.sleep(100);
  }
  await browser.screenshot(join(docs, `${name}.png`), { whole: !("mobile" in options) });
  console.log(`docs/${name}.png`);
}
await second.stop();
