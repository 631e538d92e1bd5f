/** `orders topics create`: makes a topic. */
import type { Command } from "../command.ts";
import { EXIT_CODE, failed, UsageError } from "../exit-code.ts";
import { isUnsupported } from "../group.ts";
import { wholeNumber } from "../number-option.ts";

export const topicsCreate: Command = {
  name: "topics create",
  summary: "make a topic",
  description: `Makes a topic with so many partitions, each kept by so many brokers, and with settings of its own by Kafka's names. A topic that exists
is left as it is (exit code 1). How many partitions a topic has decides where keys land: it can be raised later, not lowered.`,
  argument: { name: "NAME", count: "one" },
  options: [
    { name: "partitions", value: "N", description: "how many (default: 3)" },
    {
      name: "replication",
      value: "N",
      description: "copies of each partition (default: 3, or as many as there are brokers)",
    },
    { name: "config", value: "NAME=VALUE", repeatable: true, description: "a setting of the topic" },
  ],
  examples: [
    ["topics create replayed --partitions 3", "three partitions"],
    [
      "topics create log --config retention.ms=3600000 --config cleanup.policy=delete",
      "with settings of its own",
    ],
  ],
  async run(given, { output, brokers, connect }) {
    const [topic] = given.arguments as [string];
    const partitions = wholeNumber(given, "partitions", 1) ?? 3;
    const copies = wholeNumber(given, "replication", 1);
    const config = Object.fromEntries(given.values("config").map(readSetting));
    await using connection = await connect();
    const replicationFactor =
      copies ?? Math.min(3, (await connection.admin.describeCluster()).brokers.length);
    const error = (
      await connection.admin.createTopics([{ topic, partitions, replicationFactor, config }])
    ).get(topic);
    if (error?.name === "TOPIC_ALREADY_EXISTS")
      throw failed(`The topic "${topic}" exists already at ${brokers}.`);
    if (isUnsupported(error))
      throw failed("The embedded cluster makes topics by itself, when they are first written to.", error);
    if (error) throw failed(`The topic "${topic}" was not made: ${error.message}`, error);
    if (output.isJson) output.json({ topic, partitions, replicationFactor, config });
    output.say(`Made: ${topic} with ${partitions} ${partitions === 1 ? "partition" : "partitions"}.`);
    return EXIT_CODE.ok;
  },
};

function readSetting(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--config is ${JSON.stringify(text)}: it takes NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
