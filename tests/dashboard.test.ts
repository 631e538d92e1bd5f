/** The dashboard in a real Chromium, on the whole system under load: what it shows is what the metrics file says, it comes back when its server does, and its form works. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Browser, noBrowser, type PageOptions, startBrowser } from "./support/browser.ts";
import { burger, postJson } from "./support/http.ts";
import { onEachOwnCluster, SHORT_SESSION } from "./support/own-clusters.ts";
import { metric } from "./support/service-process.ts";
import { type Metrics, type System, startSystem } from "./support/system.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(90_000);

const number = (text: string): number => Number(text.replaceAll(",", ""));

onEachOwnCluster("the dashboard", (cluster, kind) => {
  describe.skipIf(noBrowser !== undefined)("in Chromium", () => {
    let system: System;
    let browser: Browser;
    let url: string;

    beforeAll(async () => {
      system = await startSystem({
        brokers: cluster().brokers,
        environment: { ...cluster().environment, KAFKA_SESSION_TIMEOUT: SHORT_SESSION },
        own: { analytics: { ANALYTICS_INTERVAL: "500ms" } },
      });
      url = system.dashboardUrl;
      browser = startBrowser();
    });
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      await system?.stop();
    });

    async function openLive(options: Omit<PageOptions, "url"> = {}): Promise<void> {
      await browser.open({ url, ...options });
      await becomesLive();
    }
    const becomesLive = (options?: { deadlineMs: number }) =>
      until(
        "it is live",
        async () => (await browser.attribute("#connection", "data-state")) === "live",
        options,
      );
    const shown = async () => ({
      total_orders: number(await browser.text("#total-orders")),
      reserved_orders: number(await browser.text("#reserved-orders")),
      failed_orders: number(await browser.text("#failed-orders")),
    });
    const figuresOf = ({ total_orders, reserved_orders, failed_orders }: Metrics) => {
      return { total_orders, reserved_orders, failed_orders };
    };

    async function order(count: number): Promise<void> {
      const orders = Array.from({ length: count }, () => burger);
      expect((await postJson(`${system.url}/orders/batch`, { orders })).status).toBe(202);
    }

    test("figures are those of the metrics file, orders move, groups have their lag", async () => {
      await openLive();
      for (let burst = 0; burst < 5; burst++) await order(200);
      await system.until("all is decided and shown", async () => {
        const { total_orders, reserved_orders, failed_orders } = await shown();
        return total_orders === 1000 && reserved_orders + failed_orders === 1000;
      });
      // The page may be ahead of the file, which is written every 500 ms.
      await system.until("the file says the same", async () => {
        return Bun.deepEquals(await shown(), figuresOf((await system.metrics())!));
      });
      const metrics = await system.metrics();
      expect(await (await fetch(`${url}/metrics.json`)).json()).toMatchObject(figuresOf(metrics!));
      expect(await browser.text("#success-rate")).toBe(
        `${Math.round(10 * metrics!.success_rate_percent) / 10} %`,
      );
      expect(await browser.count("#orders .state.reserved")).toBeGreaterThan(3);
      await until("both groups are there, drained", async () => {
        const groups = await browser.text("#groups");
        return /inventory-group[\s\S]*lag 0/.test(groups) && /analytics-group[\s\S]*lag 0/.test(groups);
      });
      expect(await browser.text("#latency-p50")).toMatch(/^[\d.]+ m?s$/);
      expect(await browser.faults()).toEqual([]);
    });

    test("orders that were read after their decisions are shown decided too", async () => {
      await openLive();
      // What analytics finds when it wakes up is both topics at once, and either may come first.
      process.kill(system.analytics.pid, "SIGSTOP");
      await order(20);
      await system.until("all of them are decided", async () => {
        return (await metric(system.inventory, "inventory_decisions_total")) === 1020;
      });
      process.kill(system.analytics.pid, "SIGCONT");
      await system.until("all of them are shown decided", async () => {
        if ((await shown()).total_orders !== 1020) return false;
        return (
          (await browser.count("#orders .state")) === 12 && (await browser.count("#orders .placed")) === 0
        );
      });
    });

    test("an order of the form is accepted and seen decided; a bad one is told why", async () => {
      await openLive();
      await browser.fill("[name=item]", "Soup <b>of the day</b>");
      await browser.click("#order-form button");
      await until("it is accepted", async () => (await browser.text("#order-answer")).startsWith("Accepted"));
      await until("it is decided", async () => {
        const [what, state] = [await browser.text("#orders tr"), await browser.count("#orders tr .state")];
        return state > 0 && what.includes("2 × Soup <b>of the day</b>") && !what.includes("placed");
      });
      expect(await browser.count("#orders b")).toBe(0);
      // Past the form's own check, as somebody with a console would.
      await browser.evaluate("document.querySelector('[name=quantity]').removeAttribute('max')");
      await browser.fill("[name=quantity]", "5000");
      await browser.press("Enter");
      await until("it is refused", async () => (await browser.attribute("#order-answer", "class")) === "bad");
      expect((await browser.text("#order-answer")).length).toBeGreaterThan(10);
      await browser.faults();
    });

    // What follows is between the server and the browser, whatever Kafka is behind them.
    test.skipIf(kind === "apache")(
      "when its server goes it says so, and goes on by itself when that is back, with its charts",
      async () => {
        await openLive();
        await system.analytics.kill();
        await until(
          "it says that it is stale",
          async () => (await browser.attribute("#connection", "data-state")) === "stale",
          { deadlineMs: 20_000 },
        );
        await system.analytics.start();
        await becomesLive({ deadlineMs: 30_000 });
        await order(10);
        await until("new orders are counted", async () => (await shown()).total_orders === 1031, {
          deadlineMs: 20_000,
        });
        await browser.faults();
      },
    );

    test.skipIf(kind === "apache")(
      "on a phone nothing is wider than the screen, and everything can be reached by keyboard",
      async () => {
        await openLive({ width: 390, height: 844, mobile: true, dark: true });
        await order(12);
        await until("there are orders to see", async () => (await browser.count("#orders .state")) === 12);
        const widest =
          "Math.max(...[...document.querySelectorAll('main *')].map((of) => of.getBoundingClientRect().right))";
        // The page has a margin of 20 pixels.
        expect(await browser.evaluate<number>(widest)).toBeLessThanOrEqual(390 - 20);
        const reached: string[] = [];
        for (let i = 0; i < 12; i++) {
          await browser.press("Tab");
          reached.push(
            await browser.evaluate<string>(
              "document.activeElement.name || document.activeElement.textContent.trim()",
            ),
          );
        }
        for (const name of [
          "Skip to the figures",
          "user_id",
          "item",
          "quantity",
          "Place order",
          "metrics.json",
        ])
          expect(reached).toContain(name);
        expect(await browser.faults()).toEqual([]);
      },
    );
  });
});
