/** `orders topics describe`: a topic's partitions, what they hold, what goes into them, and how the topic is set up. */
import type { Admin, Broker, ConfigEntry, TopicDescription } from "@campus/kafka";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { isUnsupported } from "../group.ts";
import { wholeNumber } from "../number-option.ts";
import type { Output } from "../output.ts";
import { type Beginning, readBeginnings } from "../starting-point.ts";
import type { Column } from "../table.ts";
import { readNewest, readRates, type Traffic, trafficOf } from "../topic-traffic.ts";
import { compareText, describeNamed, placeOf } from "../topics.ts";

const PARTITION_COLUMNS: readonly Column[] = [
  { title: "PARTITION", align: "right" },
  { title: "LEADER", align: "right" },
  { title: "REPLICAS" },
  { title: "IN-SYNC" },
  { title: "FIRST", align: "right" },
  { title: "END", align: "right" },
  { title: "SHARE", align: "right" },
  { title: "RECORDS/S", align: "right" },
];

const KEY_COLUMNS: readonly Column[] = [
  { title: "KEY" },
  { title: "RECORDS", align: "right" },
  { title: "SHARE", align: "right" },
  { title: "PARTITION" },
];

const CONFIG_COLUMNS: readonly Column[] = [{ title: "SETTING" }, { title: "VALUE" }];

const DEFAULT_SAMPLE = 1_000;

export const topicsDescribe: Command = {
  name: "topics describe",
  summary: "a topic's partitions, their offsets and rates, its keys and its settings",
  description: `Shows for each partition its leader, replicas and in-sync replicas by the brokers' ids, the first offset that is kept and the end of
the log (the offset the next record gets), its share of what the topic holds and how many records a second came in the last minute;
then how large the newest records are and which keys are the most frequent among them (a hot key keeps one partition busy and the
others idle), and the settings that are not Kafka's defaults, set for the topic or for the brokers.`,
  argument: { name: "NAME", count: "one" },
  options: [
    {
      name: "sample",
      value: "N",
      description: `how many of the newest records to look at for sizes and keys; 0: none (default: ${DEFAULT_SAMPLE})`,
    },
  ],
  examples: [
    ["topics describe order-events", "one topic"],
    ["topics describe order-events --json | jq .traffic.keys", "its hottest keys, for programs"],
  ],
  async run(given, { output, brokers, connect, interruption }) {
    const count = wholeNumber(given, "sample") ?? DEFAULT_SAMPLE;
    await using connection = await connect();
    const { admin } = connection;
    const [topic] = await describeNamed(admin, given.arguments, brokers);
    const led = await readBeginnings(admin, [topic!], { kind: "earliest" });
    const newest = count === 0 ? [] : await readNewest(connection.kafka, led, count, interruption());
    const rates = await readRates(admin, topic!, led, newest);
    const partitions = partitionRows(topic!, led, rates);
    const traffic = count === 0 ? null : trafficOf(newest);
    const config = await readConfig(admin, topic!.topic);
    const { topic: name, internal } = topic!;
    if (output.isJson) output.json({ topic: name, internal, partitions, traffic, config });
    else print(output, partitions, traffic, config);
    if (traffic) output.say(trafficWords(traffic));
    if (config === null) output.say("The settings are not known: this cluster can't describe them.");
    return EXIT_CODE.ok;
  },
};

type Partition = ReturnType<typeof partitionRows>[number];

/** What is not known of a partition without a leader is null. */
function partitionRows(
  { topic, partitions }: TopicDescription,
  led: readonly Beginning[],
  rates: ReadonlyMap<string, number | null>,
) {
  const total = led.reduce((sum, { first, end }) => sum + end - first, 0);
  return partitions.map(({ partition, leader, replicas, inSyncReplicas }) => {
    const known = led.find((of) => of.partition === partition);
    return {
      ...{ partition, leader, replicas, inSyncReplicas },
      ...{ first: known?.first ?? null, end: known?.end ?? null },
      share: known && total > 0 ? (known.end - known.first) / total : null,
      recordsPerSecond: rates.get(placeOf({ topic, partition })) ?? null,
    };
  });
}

/** What is not a default, by name; null where the cluster can't say. */
async function readConfig(admin: Admin, topic: string): Promise<Record<string, string | null> | null> {
  try {
    const [description] = await admin.describeConfigs([{ type: "topic", name: topic }]);
    return Object.fromEntries(changed(description!.entries).map(({ name, value }) => [name, value]));
  } catch (error) {
    if (isUnsupported(error)) return null;
    throw error;
  }
}

function changed(entries: readonly ConfigEntry[]): ConfigEntry[] {
  return entries.filter(({ isDefault }) => !isDefault).sort((a, b) => compareText(a.name, b.name));
}

function print(
  output: Output,
  partitions: readonly Partition[],
  traffic: Traffic | null,
  config: Record<string, string | null> | null,
): void {
  const rows = partitions.map((of) => {
    const { partition, leader, replicas, inSyncReplicas, first, end, share, recordsPerSecond } = of;
    const behind = inSyncReplicas.length < replicas.length;
    return [
      partition,
      leader === null ? ({ text: "none", tone: "bad" } as const) : leader.id,
      ids(replicas),
      behind ? ({ text: ids(inSyncReplicas), tone: "warning" } as const) : ids(inSyncReplicas),
      first,
      end,
      percent(share),
      recordsPerSecond === null ? null : recordsPerSecond.toFixed(1),
    ];
  });
  output.table(PARTITION_COLUMNS, rows);
  if (traffic && traffic.keys.top.length > 0) {
    output.gap();
    output.table(
      KEY_COLUMNS,
      traffic.keys.top.map(({ key, records, share, partitions }) => {
        return [key, records, percent(share), partitions.join(",")];
      }),
    );
  }
  const settings = Object.entries(config ?? {});
  if (settings.length === 0) return;
  output.gap();
  output.table(CONFIG_COLUMNS, settings);
}

function ids(brokers: readonly Broker[]): string {
  return brokers.map(({ id }) => id).join(",");
}

const percent = (share: number | null) => (share === null ? null : `${(100 * share).toFixed(1)}%`);

function trafficWords({ sampled, bytes, keys }: Traffic): string {
  if (bytes === null) return "There is no record to look at.";
  const repeated = keys.top.length === 0 && keys.distinct > 0 ? ", each once" : "";
  return (
    `The newest ${sampled} records: ${bytes.least} to ${bytes.most} bytes, ${bytes.mean} on average; ` +
    `${keys.distinct} different keys${repeated}, ${keys.without} without one.`
  );
}
