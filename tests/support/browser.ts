/** A real Chromium for tests: Debian's, or that of CHROMIUM_PATH, driven by playwright-core on Node. Where one of them is missing tests are skipped, in CI they fail. */
import { join } from "node:path";

const chromium = process.env.CHROMIUM_PATH ?? Bun.which("chromium") ?? Bun.which("chromium-browser");
const node = Bun.which("node");

/** Why there is no browser here; undefined where there is one. */
export const noBrowser =
  chromium === null
    ? "no Chromium: apt-get install chromium, or name it in CHROMIUM_PATH"
    : node === null
      ? "no Node to run playwright-core on"
      : undefined;

if (noBrowser !== undefined && process.env.CI) throw new Error(`a browser is needed here: ${noBrowser}`);
if (noBrowser !== undefined) console.warn(`skipped: tests in a browser (${noBrowser})`);

export interface PageOptions {
  readonly url: string;
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly mobile?: boolean;
}

export interface Browser extends AsyncDisposable {
  /** In a new window, with nothing kept of the one before. */
  open(options: PageOptions): Promise<void>;
  text(selector: string): Promise<string>;
  attribute(selector: string, name: string): Promise<string | null>;
  count(selector: string): Promise<number>;
  fill(selector: string, value: string): Promise<void>;
  press(key: string): Promise<void>;
  click(selector: string): Promise<void>;
  reload(): Promise<void>;
  evaluate<T>(script: string): Promise<T>;
  screenshot(path: string, options?: { whole?: boolean }): Promise<void>;
  /** Errors of the page since the last call. */
  faults(): Promise<string[]>;
}

export function startBrowser(): Browser {
  const child = Bun.spawn([node!, join(import.meta.dir, "browser.mjs")], {
    env: { ...process.env, CHROMIUM_PATH: chromium! },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  const reading = (async () => {
    let rest = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
        if (error === undefined) waiting.get(id)?.resolve(result);
        else waiting.get(id)?.reject(new Error(error));
        waiting.delete(id);
      }
    }
    for (const { reject } of waiting.values()) reject(new Error("the browser has ended"));
  })();

  function call<T>(command: string, given: object = {}): Promise<T> {
    const id = next++;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    child.stdin.write(`${JSON.stringify({ id, command, given })}\n`);
    child.stdin.flush();
    return answer.promise as Promise<T>;
  }

  return {
    open: (options) => call("open", options),
    text: (selector) => call("text", { selector }),
    attribute: (selector, name) => call("attribute", { selector, name }),
    count: (selector) => call("count", { selector }),
    fill: (selector, value) => call("fill", { selector, value }),
    press: (key) => call("press", { key }),
    click: (selector) => call("click", { selector }),
    reload: () => call("reload"),
    evaluate: (script) => call("evaluate", { script }),
    screenshot: (path, options = {}) => call("screenshot", { path, ...options }),
    faults: () => call("faults"),
    async [Symbol.asyncDispose]() {
      await child.stdin.end();
      await child.exited;
      await reading;
    },
  };
}
