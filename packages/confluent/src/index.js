/**
 * `@confluentinc/kafka-javascript` itself, made to run on Bun: import from here what you would import from there. Programs whose imports are to
 * stay as they are preload `@campus/confluent/register` instead. JavaScript with the client's own types beside it (index.d.ts): a
 * name that is both a value and a type can't be passed on from a value.
 */
import { replaceNativeModule } from "./replacement.ts";

replaceNativeModule();

/** The client, with everything it exports. */
const client = import.meta.require("@confluentinc/kafka-javascript");

export default client;

export const {
  AclOperationTypes,
  AdminClient,
  CODES,
  Consumer,
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
  RdKafka,
  Topic,
} = client;
