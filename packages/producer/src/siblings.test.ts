/** Several processes of the producer on one port. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { order } from "./testing.ts";
import { post, readOrders, until, useProducers } from "./testing-process.ts";

setDefaultTimeout(60_000);

const { cluster, start } = useProducers();

describe("several processes on one port", () => {
  async function startThree() {
    const started = start({ PRODUCER_PROCESSES: "3" });
    const listening = () => started.lines.filter(({ message }) => message === "listening");
    await until(() => listening().length === 3);
    const { pid } = started.child;
    const siblings = (await Bun.file(`/proc/${pid}/task/${pid}/children`).text())
      .trim()
      .split(" ")
      .map(Number);
    expect(siblings).toHaveLength(2);
    return { ...started, url: listening()[0]?.url ?? "", siblings };
  }
  const isGone = (pid: number) => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };

  test("all of them take orders, each 202 is in Kafka, and SIGTERM ends all in order", async () => {
    const { child, lines, url, siblings } = await startThree();
    // A new connection each time: the kernel spreads connections, not requests.
    const place = async () => {
      const answer = await post(url, "/order", order, { connection: "close" });
      expect(answer.status).toBe(202);
      return ((await answer.json()) as { order_id: string }).order_id;
    };
    const ids = await Promise.all(Array.from({ length: 100 }, place));
    const ports = lines.filter(({ message }) => message.startsWith("management at"));
    const counts = await Promise.all(
      ports.map(async ({ message }) => {
        const metrics = await (await fetch(`${message.split(" ").at(-1)}/metrics`)).text();
        return Number(/producer_orders_total\{outcome="acknowledged"\} (\d+)/.exec(metrics)?.[1]);
      }),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(100);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect((await readOrders(ids, cluster)).every((entry) => entry !== undefined)).toBe(true);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(siblings.map(isGone)).toEqual([true, true]);
  });

  test("one dies, all end: whoever looks after the service starts it anew as a whole", async () => {
    const { child, lines, siblings } = await startThree();
    process.kill(siblings[0] as number, "SIGKILL");
    expect(await child.exited).toBe(1);
    expect(lines.some(({ message }) => message.includes("beside this one ended (SIGKILL)"))).toBe(true);
    expect(siblings.map(isGone)).toEqual([true, true]);
  });

  test("the first is killed: the others end by themselves", async () => {
    const { child, siblings } = await startThree();
    child.kill("SIGKILL");
    await until(() => siblings.every(isGone));
  });
});
