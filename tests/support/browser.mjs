/**
 * A real Chromium, driven from a test by lines of JSON: a command a line comes in, its result goes out. It runs on Node, since playwright-core is at home there;
 * browser.ts starts it.
 */
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let page;
const faults = [];

const commands = {
  async open({ url, width = 1280, height = 900, dark = false, mobile = false }) {
    await page?.context().close();
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      deviceScaleFactor: mobile ? 2 : 1,
      isMobile: mobile,
      hasTouch: mobile,
    });
    page = await context.newPage();
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(url);
  },
  text: ({ selector }) => page.locator(selector).first().textContent(),
  attribute: ({ selector, name }) => page.locator(selector).first().getAttribute(name),
  count: ({ selector }) => page.locator(selector).count(),
  fill: ({ selector, value }) => page.fill(selector, value),
  press: ({ key }) => page.keyboard.press(key),
  click: ({ selector }) => page.click(selector),
  reload: () => page.reload(),
  evaluate: ({ script }) => page.evaluate(script),
  screenshot: ({ path, whole = false }) => page.screenshot({ path, fullPage: whole }).then(() => path),
  faults: () => faults.splice(0),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, given } = JSON.parse(line);
  try {
    const result = await commands[command](given);
    process.stdout.write(`${JSON.stringify({ id, result: result ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, error: String(error?.message ?? error) })}\n`);
  }
}
await browser.close();
