/**
 * `@confluentinc/kafka-javascript` itself, made to run on Bun: import from here what you would import from there. Programs whose imports are to
 * stay as they are preload `@campus/confluent/register` instead.
 */
import { replaceNativeModule } from "./replacement.ts";

replaceNativeModule();

/** The client, with everything it exports. */
const client: typeof import("@confluentinc/kafka-javascript") = require("@confluentinc/kafka-javascript");

export default client;

export type * from "@confluentinc/kafka-javascript";

export const {
  AclOperationTypes,
  AdminClient,
  CODES,
  ConsumerGroupStates,
  ConsumerGroupTypes,
  createReadStream,
  createWriteStream,
  features,
  HighLevelProducer,
  IsolationLevel,
  KafkaConsumer,
  KafkaJS,
  librdkafkaVersion,
  OffsetSpec,
  Producer,
} = client;

/** Names that the client has and its types do not. */
export const { Consumer, Topic } = client as unknown as {
  Consumer: typeof client.KafkaConsumer;
  Topic: (name: string) => string;
};
