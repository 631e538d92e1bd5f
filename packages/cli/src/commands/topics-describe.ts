/** `orders topics describe`: a topic's partitions, where they begin and end, and how it is set up. */
import type { Admin, Broker, ConfigEntry, TopicDescription } from "@campus/kafka";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit-code.ts";
import { isUnsupported } from "../group.ts";
import type { Output } from "../output.ts";
import type { Column } from "../table.ts";
import { compareText, describeNamed, OffsetTable, readEnds } from "../topics.ts";

const PARTITION_COLUMNS: readonly Column[] = [
  { title: "PARTITION", align: "right" },
  { title: "LEADER", align: "right" },
  { title: "REPLICAS" },
  { title: "IN-SYNC" },
  { title: "FIRST", align: "right" },
  { title: "END", align: "right" },
];

const CONFIG_COLUMNS: readonly Column[] = [{ title: "SETTING" }, { title: "VALUE" }];

export const topicsDescribe: Command = {
  name: "topics describe",
  summary: "a topic's partitions, their offsets and its settings",
  description: `Shows for each partition its leader, replicas and in-sync replicas by the brokers' ids, the first offset that is kept and the end of
the log (the offset the next record gets), then the settings that are not Kafka's defaults, set for the topic or for the brokers.`,
  argument: { name: "NAME", count: "one" },
  options: [],
  examples: [
    ["topics describe order-events", "one topic"],
    ["topics describe order-events --json | jq .partitions", "the same for programs"],
  ],
  async run(given, { output, brokers, connect }) {
    await using connection = await connect();
    const { admin } = connection;
    const [topic] = await describeNamed(admin, given.arguments, brokers);
    const partitions = await withEnds(admin, topic!);
    const config = await readConfig(admin, topic!.topic);
    if (output.isJson) output.json({ topic: topic!.topic, internal: topic!.internal, partitions, config });
    else print(output, partitions, config);
    if (config === null) output.say("The settings are not known: this cluster can't describe them.");
    return EXIT_CODE.ok;
  },
};

type Partition = Awaited<ReturnType<typeof withEnds>>[number];

async function withEnds(admin: Admin, topic: TopicDescription) {
  const first = new OffsetTable(await readEnds(admin, [topic], "earliest"));
  const end = new OffsetTable(await readEnds(admin, [topic], "latest"));
  return topic.partitions.map(({ partition, leader, replicas, inSyncReplicas }) => {
    const place = { topic: topic.topic, partition };
    return { partition, leader, replicas, inSyncReplicas, first: first.at(place), end: end.at(place) };
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
  config: Record<string, string | null> | null,
) {
  const rows = partitions.map(({ partition, leader, replicas, inSyncReplicas, first, end }) => {
    const behind = inSyncReplicas.length < replicas.length;
    return [
      partition,
      leader === null ? ({ text: "none", tone: "bad" } as const) : leader.id,
      ids(replicas),
      behind ? ({ text: ids(inSyncReplicas), tone: "warning" } as const) : ids(inSyncReplicas),
      first,
      end,
    ];
  });
  output.table(PARTITION_COLUMNS, rows);
  const settings = Object.entries(config ?? {});
  if (settings.length === 0) return;
  output.gap();
  output.table(CONFIG_COLUMNS, settings);
}

function ids(brokers: readonly Broker[]): string {
  return brokers.map(({ id }) => id).join(",");
}
