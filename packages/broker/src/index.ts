export { type ApacheCluster, startApache } from "./apache.ts";
export type { ApacheOptions } from "./apache-options.ts";
export type { Cluster } from "./cluster.ts";
export { type KeptCluster, readKept } from "./data-folder.ts";
export {
  EMBEDDED_LIMITS,
  EMBEDDED_NOTICE,
  type EmbeddedCluster,
  type EmbeddedOptions,
  startEmbedded,
} from "./embedded.ts";
export { BrokerError, type BrokerErrorCode } from "./error.ts";
export { describeGroup, type GroupRow, parseGroupDescription } from "./group-description.ts";
export { describeExit, type ProcessExit } from "./guarded-process.ts";
export { KAFKA_VERSION } from "./jar-cache.ts";
export { apacheAvailable } from "./jars.ts";
export type { LogLevel } from "./jvm.ts";
export type { ApacheNode, NodeSignal } from "./node.ts";
export { freePorts } from "./ports.ts";
export type { Listener, Properties } from "./server-properties.ts";
export {
  consoleConsumer,
  consoleProducer,
  KAFKA_TOOLS,
  type KafkaTool,
  kafkaConsumerGroups,
  kafkaTopics,
  runTool,
  type ToolOptions,
  type ToolResult,
} from "./tools.ts";
