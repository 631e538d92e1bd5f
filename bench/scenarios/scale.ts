/**
 * How the cost of a record grows with partitions, records, payload, consumers and batch size: one of them at a time, the others as in the other scenarios.
 */
import { GROUP } from "../../packages/inventory/src/config.ts";
import { consume, produce } from "../harness/client-runs.ts";
import { ownSubject } from "../harness/client-scenario.ts";
import { partitions } from "../harness/client-settings.ts";
import {
  cpuColumn,
  deliveryColumn,
  extraColumn,
  figure,
  rateColumn,
  rssColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { decideAll } from "../harness/deciding.ts";
import { fastestGenerator } from "../harness/http-load.ts";
import { loadOnce, ownSubject as ownServer, prepareTopics } from "../harness/http-scenario.ts";
import { fillOrders, forgetOrders, lacksTransactions, reasonToSpare } from "../harness/order-log.ts";
import { writeSizedPayloads } from "../harness/payload.ts";
import type { Bench, Comparison, Result, Sample, Scenario } from "../harness/scenario.ts";
import { slopeOf } from "../harness/statistics.ts";
import { withTopic } from "../harness/topics.ts";
import { ownWorkingSubject } from "../harness/working-subject.ts";

const mostSeconds = 120;
const warmupShare = 0.1;
/** Of each run but those of the dimension of records. */
const standardRecords = 500_000;

interface Point {
  /** What is varied, and its value. */
  readonly dimension: string;
  readonly value: number;
  /** Whose cost it is. */
  readonly work: string;
  readonly delivery: string;
  readonly sample: Sample;
}

const delivered = {
  produce: "acks=all, idempotent, each delivery reported",
  consume: "read_committed, in a group, no commits",
  decide: "exactly once",
  accept: "202 after the broker's ack; acks=all, idempotent, lz4",
};

interface ClientSetting {
  readonly dimension: string;
  readonly value: number;
  readonly partitions?: number;
  readonly records?: number;
}

/** A topic written to its end and read to its end. */
async function throughClient(bench: Bench, setting: ClientSetting): Promise<Point[]> {
  const { dimension, value, records = standardRecords } = setting;
  const count = setting.partitions ?? partitions;
  return withTopic(bench.cluster, "scale", count, async (topic) => {
    const warmup = Math.floor(records * warmupShare);
    const run = { subject: ownSubject, topic, partitions: count, warmup, seconds: mostSeconds };
    const written = await produce(bench, { ...run, records: records - warmup });
    const read = await consume(bench, { ...run, records: records - warmup });
    const head = { dimension, value };
    return [
      { ...head, work: "produce", delivery: delivered.produce, sample: written },
      { ...head, work: "consume", delivery: delivered.consume, sample: read },
    ];
  });
}

async function throughService(bench: Bench, ordersPerRequest: number): Promise<Point[]> {
  const isOne = ordersPerRequest === 1;
  const work = { path: isOne ? "/order" : "/orders/batch", connections: 16, ordersPerRequest };
  const sample = await loadOnce(bench, ownServer(bench, fastestGenerator()), work);
  return [
    {
      dimension: "orders a request",
      value: ordersPerRequest,
      work: "accept",
      delivery: delivered.accept,
      sample,
    },
  ];
}

const decider = ownWorkingSubject({
  ...{ name: "ours", title: "the inventory service", delivery: delivered.decide },
  ...{ service: "inventory", groupId: GROUP, settings: {} },
});

async function throughInventory(bench: Bench, instances: readonly number[]): Promise<Point[]> {
  const { cluster, options, signal } = bench;
  const orderIds = await fillOrders(cluster, options.records ?? standardRecords, signal);
  const points: Point[] = [];
  for (const value of instances) {
    const sample = await decideAll(bench, decider, orderIds, value);
    points.push({ dimension: "consumers", value, work: "decide", delivery: delivered.decide, sample });
  }
  return points;
}

interface Step {
  readonly name: string;
  run(bench: Bench): Promise<Point[]>;
}

/** Tenfold each, up to `most`, which is one of them. */
function sizesTo(most: number): number[] {
  const sizes = [100_000, 1_000_000, 10_000_000].filter((count) => count < most);
  return [...sizes, most];
}

function stepsOf({ records = 10_000_000 }: Bench["options"]): Step[] {
  const sizes = sizesTo(records);
  return [
    ...[3, 12, 48].map((value) => ({
      name: `${value} partitions`,
      run: (bench: Bench) => throughClient(bench, { dimension: "partitions", value, partitions: value }),
    })),
    ...sizes.map((value) => ({
      name: `${figure(value)} records`,
      run: (bench: Bench) => throughClient(bench, { dimension: "records", value, records: value }),
    })),
    ...[100, 1_000, 10_000].map((value) => ({
      name: `${figure(value)} bytes of payload`,
      run: async (bench: Bench) => {
        const sized = { ...bench, payloads: await writeSizedPayloads(value) };
        const setting = { dimension: "bytes of payload", value };
        return throughClient(sized, {
          ...setting,
          records: value > 1_000 ? standardRecords / 5 : standardRecords,
        });
      },
    })),
    ...[1, 10, 100, 1_000].map((value) => ({
      name: `${figure(value)} orders a request`,
      run: (bench: Bench) => throughService(bench, value),
    })),
  ];
}

const costOf = ({ sample: { cpuSeconds, count } }: Point) =>
  cpuSeconds === undefined ? Number.NaN : cpuSeconds / count;

/**
 * e in cost ~ value^e, of the CPU time a record over all values of a dimension. 0: it costs the same however many there are; 1: twice as much
 * where there are twice as many; below 0: less.
 */
export function exponentOf(points: readonly { readonly value: number; readonly cost: number }[]): number {
  return slopeOf(points.map(({ value, cost }) => [Math.log(value), Math.log(cost)]));
}

function resultsOf(points: readonly Point[]): Result[] {
  return [...Map.groupBy(points, ({ dimension, work }) => `${dimension} ${work}`).values()].flatMap(
    (group) => {
      const exponent = exponentOf(group.map((point) => ({ value: point.value, cost: costOf(point) })));
      return group.map((point, index) => {
        const { dimension, value, work, delivery, sample } = point;
        const { count, seconds, rate, peakRssMb, cpuSeconds } = sample;
        return {
          ...{
            scenario: scale.name,
            subject: `${dimension} ${figure(value)}, ${work}`,
            title: work,
            delivery,
          },
          ...{ unit: "records/s", rounds: 1, count, rate, rssMb: peakRssMb, cpuSeconds },
          cpuMicros: 1e6 * costOf(point),
          extra: { seconds, ...(index === group.length - 1 && { exponent }) },
        };
      });
    },
  );
}

export const scale: Scenario = {
  name: "scale",
  title: "how the cost of a record grows with partitions, records, payload, consumers and batch size",
  ratioOf: "nothing",
  better: "lower",
  peers: () => false,
  bounds: {},
  columns: [
    { ...subjectColumn, title: "of what, doing what" },
    rateColumn("records/s"),
    extraColumn("seconds", "seconds", 2),
    cpuColumn("record"),
    rssColumn,
    extraColumn("CPU/record ~ value^e, e", "exponent", 2),
    deliveryColumn,
  ],
  settings: ({ records, seconds }) => ({
    records: `${figure(standardRecords)} a run where they are not what is varied, a fifth of 10 kB`,
    "most records": figure(records ?? 10_000_000),
    "warm-up": `${warmupShare * 100} % of them`,
    "orders a request": `16 connections, ${seconds} s`,
    partitions: `${partitions} where they are not what is varied`,
    consumers: "processes of the inventory service on three partitions",
  }),
  async run(bench) {
    const { cluster, options, progress } = bench;
    // Before orders of this scenario's own lie in the topics.
    const spared = await reasonToSpare(cluster);
    await prepareTopics(bench);
    const points: Point[] = [];
    const during = async (name: string, run: () => Promise<Point[]>) => {
      const made = await progress.during(`scale  ${name}`, run);
      points.push(...made);
      for (const { work, sample } of made)
        progress.say(`  scale  ${name}, ${work}: ${figure(sample.rate)} records/s`);
    };
    for (const { name, run } of stepsOf(options)) await during(name, () => run(bench));
    if (spared) progress.say(`Not measured: consumers, since ${spared}.`);
    else if (!lacksTransactions(bench, { name: "consumers" })) {
      try {
        await during("1 to 3 consumers", () => throughInventory(bench, [1, 2, 3]));
      } finally {
        await forgetOrders(cluster);
      }
    }
    return { results: resultsOf(points), ratios: {} } satisfies Comparison;
  },
};
