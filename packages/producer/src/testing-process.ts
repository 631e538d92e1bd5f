/** The producer as a process, on an in-process cluster, for tests of what only shows when everything is wired together. */
import { afterAll, afterEach, expect } from "bun:test";
import { decodeEvent, ORDER_EVENTS, TOPICS } from "@campus/events";
import { createConsumer } from "@campus/kafka";
import { createCluster, type MockCluster } from "@campus/kafka/testing";

/** All topics that a service creates at its start, which the in-process cluster can't be asked for. */
export function everyTopic(partitions: number): Record<string, number> {
  return Object.fromEntries(TOPICS.map(({ topic }) => [topic, partitions]));
}

interface LogLine {
  message: string;
  level: string;
  url?: string;
}

/** Called once, at the beginning of a file. Each test's processes are killed after it, and the cluster is closed after the last. */
export function useProducers() {
  const cluster = createCluster({ topics: everyTopic(3) });
  const processes: ReturnType<typeof spawn>[] = [];

  afterEach(async () => {
    for (const child of processes.splice(0)) {
      child.kill("SIGKILL");
      await child.exited;
    }
  });
  afterAll(() => cluster.close());

  function spawn(environment: Record<string, string>) {
    return Bun.spawn([process.execPath, `${import.meta.dir}/main.ts`], {
      env: {
        PATH: process.env.PATH ?? "",
        ...(process.env.LIBRDKAFKA_PATH ? { LIBRDKAFKA_PATH: process.env.LIBRDKAFKA_PATH } : {}),
        ...(process.env.HOME ? { HOME: process.env.HOME } : {}),
        KAFKA_BROKER: cluster.brokers,
        LOG_FORMAT: "json",
        PORT: "0",
        MANAGEMENT_PORT: "0",
        ...environment,
      },
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  /** Starts a producer; `line` waits for a log line whose message begins so. */
  function start(environment: Record<string, string> = {}) {
    const child = spawn(environment);
    processes.push(child);
    const lines: LogLine[] = [];
    let waiters: (() => void)[] = [];
    const reading = (async () => {
      let rest = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const pieces = (rest + chunk).split("\n");
        rest = pieces.pop() ?? "";
        lines.push(...pieces.map((piece) => JSON.parse(piece)));
        for (const wake of waiters.splice(0)) wake();
      }
      for (const wake of waiters.splice(0)) wake();
      waiters = [];
    })();
    async function line(beginning: string): Promise<LogLine> {
      for (;;) {
        const found = lines.find(({ message }) => message.startsWith(beginning));
        if (found !== undefined) return found;
        if (child.exitCode !== null)
          throw new Error(`It ended (${child.exitCode}) without saying "${beginning}".`);
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    }
    return { child, lines, line, reading };
  }

  return { cluster, spawn, start };
}

export function post(
  url: string,
  path: string,
  value: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    body: JSON.stringify(value),
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Asks until the answer is yes. */
export async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isTrue())) {
    expect(performance.now()).toBeLessThan(deadline);
    await Bun.sleep(10);
  }
}

/** The events of these orders, read from Kafka. */
export async function readOrders(ids: readonly string[], { brokers }: Pick<MockCluster, "brokers">) {
  const wanted = new Set(ids);
  const found = new Map<string, { key: string; event: ReturnType<typeof decodeEvent> }>();
  await using consumer = createConsumer({
    brokers,
    groupId: crypto.randomUUID(),
    topics: [ORDER_EVENTS],
    autoOffsetReset: "earliest",
  });
  for await (const batch of consumer) {
    for (const record of batch) {
      const event = decodeEvent(record.value);
      if (wanted.has(event.order_id)) found.set(event.order_id, { key: String(record.key), event });
    }
    if (found.size === wanted.size) break;
  }
  return ids.map((id) => found.get(id));
}
