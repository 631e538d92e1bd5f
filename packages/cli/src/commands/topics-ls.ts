/** `orders topics ls`: the topics of a cluster. */
import type { TopicDescription } from "@campus/kafka";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit-code.ts";
import type { Column } from "../table.ts";
import { describeExisting } from "../topics.ts";

const COLUMNS: readonly Column[] = [
  { title: "TOPIC" },
  { title: "PARTITIONS", align: "right" },
  { title: "REPLICAS", align: "right" },
  { title: "INTERNAL" },
];

export const topicsLs: Command = {
  name: "topics ls",
  summary: "the topics of the cluster",
  description:
    "Lists all topics with how many partitions they have and how many copies there are of each. Kafka's own topics are marked as internal.",
  options: [],
  examples: [
    ["topics ls", "all topics"],
    ["topics ls --json | jq -r '.topics[].topic'", "only the names, one a line"],
  ],
  async run(_given, { output, connect }) {
    await using connection = await connect();
    const topics = (await describeExisting(connection.admin)).map(toEntry);
    if (output.isJson) output.json({ topics });
    else {
      const rows = topics.map(({ topic, partitions, replicas, internal }) => [
        topic,
        partitions,
        replicas,
        internal ? "internal" : "",
      ]);
      output.table(COLUMNS, rows);
    }
    return EXIT_CODE.ok;
  },
};

/** Copies may differ between partitions while they are being moved: the fewest count. */
function toEntry({ topic, partitions, internal }: TopicDescription) {
  const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
  return { topic, partitions: partitions.length, replicas, internal };
}
