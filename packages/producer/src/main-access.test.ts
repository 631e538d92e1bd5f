/** The producer as a process: who may order. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { order } from "./testing.ts";
import { post, useProducers } from "./testing-process.ts";

setDefaultTimeout(60_000);

const { start } = useProducers();

describe("who may order", () => {
  async function withKeys(text: string) {
    const folder = await mkdtemp(join(tmpdir(), "producer-keys-"));
    const file = join(folder, "keys");
    await Bun.write(file, text);
    return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  }

  test("keys from a file, read again on SIGHUP; a broken file changes nothing", async () => {
    await using keys = await withKeys("canteen first-first-first-first\n");
    const { child, line, lines } = start({ API_KEYS_FILE: keys.file, HOST: "0.0.0.0" });
    const url = ((await line("listening")).url ?? "").replace("0.0.0.0", "127.0.0.1");
    const status = async (key: string) =>
      (await post(url, "/order", order, { authorization: `Bearer ${key}` })).status;
    expect((await post(url, "/order", order)).status).toBe(401);
    expect(await status("first-first-first-first")).toBe(202);
    await Bun.write(keys.file, "canteen hunter2");
    child.kill("SIGHUP");
    expect((await line("API_KEYS_FILE can't be read again")).message).toContain("at least 16 characters");
    expect(await status("first-first-first-first")).toBe(202);
    await Bun.write(keys.file, "canteen second-second-second\n");
    child.kill("SIGHUP");
    await line("API keys read again");
    expect([await status("first-first-first-first"), await status("second-second-second")]).toEqual([
      401, 202,
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|second-second|first-first/);
  });

  test("anybody, where that is said", async () => {
    const { line } = start({ HOST: "0.0.0.0", ALLOW_ANONYMOUS: "1" });
    const { url = "" } = await line("listening");
    expect((await post(url.replace("0.0.0.0", "127.0.0.1"), "/order", order)).status).toBe(202);
  });

  test.each([
    [
      { HOST: "0.0.0.0" },
      'HOST="0.0.0.0" takes orders from other machines: set API_KEYS_FILE, or ALLOW_ANONYMOUS=1',
    ],
    [{ API_KEYS_FILE: "/nowhere/keys" }, "API_KEYS_FILE: ENOENT"],
    [{ TLS_CERT_FILE: "/dev/null" }, "TLS_CERT_FILE and TLS_KEY_FILE belong together"],
    [{ TLS_CERT_FILE: "/dev/null", TLS_KEY_FILE: "/nowhere/key" }, "TLS_KEY_FILE: ENOENT"],
    [{ API_KEYS_FILE: "/dev/null" }, "API_KEYS_FILE: there is no key in it"],
    [{ API_KEYS_FILE: "/dev/null", ALLOW_ANONYMOUS: "1" }, "only one of them can be meant"],
  ])("%p is not enough: a line that says what to do, exit code 2", async (environment, words) => {
    const { child } = start(environment as Record<string, string>);
    expect(await child.exited).toBe(2);
    expect((await child.stderr.text()).trim()).toContain(words);
  });

  test("on loopback the Host header must name it, and a rate limit counts an address", async () => {
    const { line } = start({ PRODUCER_RATE_LIMIT: "1" });
    const { url = "" } = await line("listening");
    expect((await fetch(`${url}/health`, { headers: { host: "evil.example" } })).status).toBe(421);
    const batch = { orders: Array(1000).fill(order) };
    expect((await post(url, "/orders/batch", batch)).status).toBe(202);
    const refused = await post(url, "/orders/batch", batch);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(900);
  });
});
