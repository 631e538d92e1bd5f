/** Every example of packages/kafka runs as a program: on the cluster it starts itself, and on real Apache Kafka. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { createAdmin, createConsumer } from "@campus/kafka";
import { onCluster } from "./support/clusters.ts";
import { neutralEnvironment } from "./support/service-process.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(30_000);

const examples = join(import.meta.dir, "../packages/kafka/examples");
const quiet = { onLog: () => undefined };

interface Run {
  readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** Waits until it has printed this, and no longer than it runs. */
  said(line: string): Promise<void>;
  /** Waits for its end and demands that it went well. Returns what it printed. */
  done(): Promise<string>;
}

function start(name: string, args: readonly string[] = [], environment: Record<string, string> = {}): Run {
  const child = Bun.spawn([process.execPath, join(examples, `${name}.ts`), ...args], {
    env: { ...neutralEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) text += decoder.decode(bytes, { stream: true });
  })();
  const complaints = new Response(child.stderr).text();
  async function done(): Promise<string> {
    await Promise.all([child.exited, reading]);
    if (child.exitCode !== 0) throw new Error(`${name}: exit code ${child.exitCode}\n${await complaints}`);
    return text;
  }
  return {
    child,
    async said(line) {
      await until(`${name} says "${line}"`, () => text.includes(`${line}\n`) || child.exitCode !== null);
      if (child.exitCode !== null) expect(await done()).toContain(`${line}\n`);
    },
    done,
  };
}

/** What each prints, on any cluster. */
const prints: Record<string, readonly RegExp[]> = {
  "at-least-once": [
    /^first worker: out of power after 450 orders$/m,
    /^1000 receipts for 1000 orders; [1-9]\d* handled twice$/m,
  ],
  "batch-consume": [/^40000 records, their sum is 799980000, 1 without a value$/m],
  "batch-produce": [
    /^acknowledged 39999 records, 1 failed, at most 5000 queued at a time$/m,
    /^set aside: record 42 of batch 7: MSG_SIZE_TOO_LARGE$/m,
  ],
  "exactly-once": [/^2000 invoices for 2000 orders, 0 twice, in \d+ transactions$/m],
};

async function expectPrints(name: string, run: Run): Promise<void> {
  const text = await run.done();
  for (const line of prints[name]!) expect(text).toMatch(line);
}

describe("examples (cluster of their own)", () => {
  test.concurrent.each(Object.keys(prints))("%s", (name) => expectPrints(name, start(name)));

  test.concurrent("testing-without-kafka", async () => {
    expect((await start("testing-without-kafka").done()).match(/^ok {2}/gm)).toHaveLength(5);
  });

  test.concurrent("graceful-shutdown stops by itself when asked", async () => {
    const { handled } = figures(await start("graceful-shutdown", ["500"]).done());
    expect(handled).toBeGreaterThanOrEqual(500);
  });

  test.concurrent("graceful-shutdown ends on a signal with nothing in hand", async () => {
    const run = start("graceful-shutdown");
    await run.said("working");
    run.child.kill("SIGTERM");
    const text = await run.done();
    expect(figures(text).handled).toBeGreaterThan(0);
    expect(text).toContain("SIGTERM: finishes the batch in hand\ngives back 3 partitions\n");
  });
});

onCluster("apache", "examples", (cluster) => {
  test.concurrent.each(Object.keys(prints))("%s", (name) =>
    expectPrints(name, start(name, [], { KAFKA_BROKER: cluster().brokers })),
  );

  test.concurrent("graceful-shutdown loses and repeats nothing over a SIGTERM and a second worker", async () => {
    const { brokers } = cluster();
    const name = `${process.pid}`;
    const [orders, receipts] = ["orders", "receipts"].map((topic) => `graceful-shutdown-${topic}-${name}`);
    const environment = { KAFKA_BROKER: brokers, EXAMPLE_RUN: name };
    const first = start("graceful-shutdown", [], environment);
    await first.said("working");
    first.child.kill("SIGTERM");
    const afterSignal = figures(await first.done());
    const afterSecond = figures(await start("graceful-shutdown", ["400"], environment).done());

    await using admin = createAdmin({ brokers });
    const partitions = (topic: string, count: number) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    const sum = (offsets: { offset: number }[]) =>
      offsets.reduce((total, { offset }) => total + Math.max(0, offset), 0);
    const ends = async (topic: string, count: number) =>
      sum(await admin.listOffsets(partitions(topic, count).map((at) => ({ ...at, at: "latest" }))));
    const handled = afterSignal.handled + afterSecond.handled;
    const committed = await admin.groupOffsets(`graceful-shutdown-${name}`, partitions(orders!, 3));
    expect(sum(committed)).toBe(handled);
    expect((await ends(orders!, 3)) + (await ends(receipts!, 1))).toBe(
      afterSignal.acknowledged + afterSecond.acknowledged,
    );
    expect(await distinctKeys(brokers, receipts!, handled)).toBe(handled);
  });
});

function figures(text: string): { handled: number; acknowledged: number } {
  const [, handled, acknowledged] =
    /^handled and committed (\d+) orders; (\d+) records acknowledged, 0 failed$/m.exec(text)!;
  return { handled: Number(handled), acknowledged: Number(acknowledged) };
}

/** Of the first `count` records of a topic's only partition. */
async function distinctKeys(brokers: string, topic: string, count: number): Promise<number> {
  await using consumer = createConsumer({
    brokers,
    ...quiet,
    groupId: `reader-of-${topic}`,
    partitions: [{ topic, partition: 0, offset: 0 }],
    autoOffsetReset: "error",
  });
  const keys = new Set<string>();
  let read = 0;
  for await (const record of consumer.records()) {
    keys.add(String(record.key));
    if (++read === count) break;
  }
  return keys.size;
}
