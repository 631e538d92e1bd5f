/** The object that stands for the client's compiled addon: what `require("bindings")("confluent-kafka-javascript")` gives on Node. */
import { libraryFeatures, librdkafka } from "@campus/kafka/native";
import { AdminClient } from "./admin-client.ts";
import { KafkaConsumer } from "./kafka-consumer.ts";
import { Producer } from "./producer.ts";
import { Topic } from "./topic.ts";

/** `RdKafka::Topic` of the C++ interface; the client reads these names. */
const topicConstants = {
  "RdKafka::Topic::PARTITION_UA": -1,
  "RdKafka::Topic::OFFSET_BEGINNING": -2,
  "RdKafka::Topic::OFFSET_END": -1,
  "RdKafka::Topic::OFFSET_STORED": -1000,
  "RdKafka::Topic::OFFSET_INVALID": -1001,
} as const;

/** Opens librdkafka only when something of it is asked for. */
export const nativeModule = {
  KafkaConsumer,
  Producer,
  AdminClient,
  Topic,
  topic: topicConstants,
  err2str: (code: number): string | null => librdkafka().rd_kafka_err2str(code),
  features: (): string => [...libraryFeatures()].join(","),
  get librdkafkaVersion(): string {
    return librdkafka().rd_kafka_version_str()!;
  },
};
