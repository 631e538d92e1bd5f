/**
 * Inventory alone, as real processes, on orders that a test writes into the topic itself: so it knows each of them, those that come twice and those
 * that are none, and can hold what was decided against it.
 */
import { deadLetterTopic, encodeEvent, INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { type Admin, createAdmin, createProducer, type ProducerRecord } from "@campus/kafka";
import { untilDrained } from "./group.ts";
import { createServiceProcess, type ServiceProcess } from "./service-process.ts";
import { followTopic, type LoggedRecord } from "./topic-log.ts";

const GROUP = "inventory-group";

/** Nobody's business: brokers that go away are what these tests are about. */
const quiet = { onLog: () => undefined, onError: () => undefined };

export interface InventoryFleet extends AsyncDisposable {
  /** One more instance, not started. */
  create(options?: { program?: string; environment?: Readonly<Record<string, string>> }): ServiceProcess;
  /** Waits until the group has committed all there is. */
  untilDrained(deadlineMs?: number): Promise<void>;
  /** Ends the instances that still run. */
  stop(): Promise<void>;
}

export function createInventoryFleet(brokers: string): InventoryFleet {
  const instances: ServiceProcess[] = [];
  const admin: Admin = createAdmin({ brokers, ...quiet });
  const stop = async () => void (await Promise.all(instances.map((instance) => instance.stop())));
  return {
    create({ program, environment } = {}) {
      const settings = { KAFKA_BROKER: brokers, KAFKA_SESSION_TIMEOUT: "2s", ...environment };
      const options = { name: "inventory", environment: settings } as const;
      const instance = createServiceProcess(program === undefined ? options : { ...options, program });
      instances.push(instance);
      return instance;
    },
    async untilDrained(deadlineMs = 30_000) {
      await untilDrained(admin, GROUP, [ORDER_EVENTS], { deadlineMs }).catch((error) => {
        throw new Error(`${error.message}\n${instances.map((instance) => instance.tail(15)).join("\n")}`);
      });
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await admin.close();
    },
  };
}

export interface Orders extends AsyncDisposable {
  /** Ids of the orders written, each once. */
  readonly ids: readonly string[];
  /** Keys of the records written that are no orders. */
  readonly poison: readonly string[];
  /** Orders that were written a second time. */
  readonly repeated: number;
  /** Writes so many new orders; resolves when they are there. */
  write(count: number): Promise<void>;
  /** Writes the last so many orders once more. */
  repeat(count: number): Promise<void>;
  writePoison(count: number): Promise<void>;
  /** Writes orders, some of them twice, and poison, until it is stopped. */
  startLoad(): { stop(): Promise<void> };
}

export function createOrders(brokers: string): Orders {
  const producer = createProducer({ brokers, ...quiet });
  const ids: string[] = [];
  const poison: string[] = [];
  let repeated = 0;

  const orderOf = (order_id: string): ProducerRecord => ({
    key: order_id,
    value: encodeEvent({
      event_id: crypto.randomUUID(),
      event_type: "OrderPlaced",
      order_id,
      timestamp: new Date().toISOString(),
      payload: { user_id: "user123", item: "Burger", quantity: 2 },
    }),
  });
  const send = async (records: readonly ProducerRecord[]) =>
    void (await producer.sendBatch(ORDER_EVENTS, records));

  async function write(count: number): Promise<void> {
    const added = Array.from({ length: count }, () => crypto.randomUUID());
    await send(added.map(orderOf));
    ids.push(...added);
  }
  async function repeat(count: number): Promise<void> {
    const again = ids.slice(-count);
    await send(again.map(orderOf));
    repeated += again.length;
  }
  async function writePoison(count: number): Promise<void> {
    const keys = Array.from({ length: count }, () => crypto.randomUUID());
    await send(keys.map((key) => ({ key, value: `no event: ${key}`, headers: { trace: key } })));
    poison.push(...keys);
  }
  return {
    ids,
    poison,
    get repeated() {
      return repeated;
    },
    write,
    repeat,
    writePoison,
    startLoad() {
      let isRunning = true;
      const running = (async () => {
        for (let burst = 1; isRunning; burst++) {
          await write(30);
          if (burst % 7 === 0) await repeat(60);
          if (burst % 5 === 0) await writePoison(1);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      return {
        stop() {
          isRunning = false;
          return running;
        },
      };
    },
    [Symbol.asyncDispose]: () => producer.close(),
  };
}

/** What is wrong with the decisions in the log, as read by whoever reads committed records only. All lists are empty where nothing is. */
export interface Findings {
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  /** Decisions without an order. */
  readonly strange: readonly string[];
  /** The first place in each partition where decisions don't stand as their orders do. */
  readonly disordered: readonly string[];
  /** Dead letters that are missing, or there more than once. */
  readonly letters: readonly string[];
}

export const nothingWrong: Findings = { missing: [], twice: [], strange: [], disordered: [], letters: [] };

export async function examine(brokers: string, { ids, poison }: Orders): Promise<Findings> {
  await using orders = followTopic(brokers, ORDER_EVENTS);
  await using decisions = followTopic(brokers, INVENTORY_EVENTS);
  await using letters = followTopic(brokers, deadLetterTopic(ORDER_EVENTS));
  await Promise.all([orders, decisions, letters].map((log) => log.catchUp(60_000)));
  const counts = countsOf(decisions.all());
  const known = new Set(ids);
  const put = countsOf(letters.all());
  return {
    missing: ids.filter((id) => !counts.has(id)),
    twice: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
    strange: [...counts.keys()].filter((id) => !known.has(id)),
    disordered: orders.partitions.flatMap((placed, partition) => {
      const firsts = [...new Set(placed.map(({ key }) => key).filter((key) => known.has(key)))];
      const decided = decisions.partitions[partition]!.map(({ key }) => key);
      const at = decided.findIndex((key, index) => key !== firsts[index]);
      return at < 0 ? [] : [`${partition}, decision ${at}`];
    }),
    letters: [...new Set([...poison, ...put.keys()])].filter((key) => put.get(key) !== 1),
  };
}

function countsOf(records: readonly LoggedRecord[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of records) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
