/**
 * Shows that a consumer group which is away falls behind and catches up: its lag grows while its consumers are stopped and drains to 0 once
 * they are back. A tool to use by hand against a running system, and the same steps as a function for the tests.
 */
import { parseArgs } from "node:util";
import { createProgressBar } from "@campus/cli/progress-bar";
import { INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { type Admin, createAdmin } from "@campus/kafka";
import { describeProduced, produceOrders } from "./produce-10k.ts";
import {
  CommandError,
  HOW_TO_START,
  runCommand,
  UsageError,
  untilStopped,
  wholeNumber,
} from "./support/command.ts";
import { formatLag, type GroupLag, readLag, untilDrained } from "./support/group.ts";

const USAGE = `Usage: bun tests/consumer-lag.ts [--group GROUP] [--bootstrap-server HOST:PORT] [--url URL] [--orders N] [--timeout SECONDS]

Shows on a running system that a group's lag grows while its consumers are stopped, and drains to 0 after. It says when to stop
them and when to start them again.

  --group GROUP        analytics-group (the default) or inventory-group
  --bootstrap-server   the cluster (default: KAFKA_BROKER, else 127.0.0.1:9092)
  --url URL            the producer (default: http://127.0.0.1:8201)
  --orders N           how many orders to place meanwhile (default: 1000)
  --timeout SECONDS    how long to wait for each step (default: 300)

Exit codes: 0 it grew and drained, 1 it did not, 2 bad arguments.`;

/** What each group reads. */
export const GROUP_TOPICS: Readonly<Record<string, readonly string[]>> = {
  "analytics-group": [ORDER_EVENTS, INVENTORY_EVENTS],
  "inventory-group": [ORDER_EVENTS],
};

export interface LagExercise {
  readonly admin: Admin;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Resolves when none of the group's consumers runs. */
  readonly stopConsumers: () => Promise<void>;
  /** Places orders; resolves to how many. */
  readonly produce: () => Promise<number>;
  readonly startConsumers: () => Promise<void>;
  /** Of each step. */
  readonly deadlineMs: number;
  readonly onLag?: (step: "stopped" | "grown" | "draining", lag: GroupLag) => void | Promise<void>;
}

export interface LagOutcome {
  readonly orders: number;
  /** The lag when the consumers had stopped, and after the orders. */
  readonly stopped: number;
  readonly grown: number;
  readonly drainedInMs: number;
}

/** @throws when the lag has not grown by the orders at least, or not drained in time */
export async function exerciseLag(exercise: LagExercise): Promise<LagOutcome> {
  const { admin, groupId, topics, deadlineMs, onLag = () => {} } = exercise;
  await exercise.stopConsumers();
  const stopped = await readLag(admin, groupId, topics);
  await onLag("stopped", stopped);
  const orders = await exercise.produce();
  const grown = await readLag(admin, groupId, topics);
  await onLag("grown", grown);
  if (grown.total < stopped.total + orders) {
    throw new CommandError(
      `The lag of ${groupId} went from ${stopped.total} to ${grown.total} with ${orders} orders placed: somebody consumes for it still.`,
    );
  }
  await exercise.startConsumers();
  const from = performance.now();
  await untilDrained(admin, groupId, topics, { deadlineMs, onLag: (lag) => void onLag("draining", lag) });
  return { orders, stopped: stopped.total, grown: grown.total, drainedInMs: performance.now() - from };
}

async function command(): Promise<number> {
  const { values } = parseArgs({
    options: {
      group: { type: "string", default: "analytics-group" },
      "bootstrap-server": { type: "string", default: process.env.KAFKA_BROKER || "127.0.0.1:9092" },
      url: { type: "string", default: "http://127.0.0.1:8201" },
      orders: { type: "string", default: "1000" },
      timeout: { type: "string", default: "300" },
    },
  });
  const { group: groupId, url } = values;
  const topics = GROUP_TOPICS[groupId];
  if (topics === undefined)
    throw new UsageError(`--group is "${groupId}": it takes ${Object.keys(GROUP_TOPICS).join(" or ")}`);
  const orders = wholeNumber("orders", values.orders, { min: 1, max: 1_000_000 });
  const deadlineMs = 1000 * wholeNumber("timeout", values.timeout, { min: 1, max: 86_400 });
  await using admin = createAdmin({ brokers: values["bootstrap-server"], onLog: () => undefined });
  let bar: ReturnType<typeof createProgressBar> | undefined;
  let most = 0;
  const outcome = await exerciseLag({
    admin,
    groupId,
    topics,
    stopConsumers: () => untilStopped(admin, groupId, deadlineMs),
    async produce() {
      const produced = await produceOrders({ url, orders, batch: Math.min(orders, 100), connections: 4 });
      console.log(describeProduced(produced));
      if (produced.accepted === 0) throw new CommandError(`No order was accepted at ${url}.`);
      return produced.accepted;
    },
    async startConsumers() {
      console.log(`\nNow start the consumers of ${groupId} again:\n${HOW_TO_START}`);
    },
    deadlineMs,
    onLag(step, lag) {
      most = Math.max(most, lag.total);
      if (step === "draining") {
        bar ??= createProgressBar(most);
        bar.update(most - lag.total, `${lag.total} behind`);
      } else
        console.log(
          `\nThe lag of ${groupId} ${step === "stopped" ? "with its consumers stopped" : "after the orders"}:\n${formatLag(lag)}`,
        );
    },
  });
  bar?.clear();
  console.log(
    `\nThe lag grew from ${outcome.stopped} to ${outcome.grown} and drained to 0 in ${(outcome.drainedInMs / 1000).toFixed(1)} s.`,
  );
  return 0;
}

if (import.meta.main) await runCommand(USAGE, command);
