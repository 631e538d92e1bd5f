/** What every process of the system does alike. */
export { type AllowedHosts, allowedHosts, hostNames, isAllowedHost, isLoopback } from "./allowed-hosts.ts";
export {
  COMMON_PREFIXES,
  commonSettings,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
} from "./common-settings.ts";
export { type ConsumerLagOptions, registerConsumerLag } from "./consumer-lag.ts";
export { type KafkaLogHandlers, type KafkaLogOptions, kafkaLogHandlers } from "./kafka-log.ts";
export {
  type KafkaSecurity,
  type KafkaSecuritySettings,
  kafkaSecurity,
  kafkaSecuritySettings,
} from "./kafka-security.ts";
export {
  createLifecycle,
  type DrainStep,
  EXIT_CODE,
  type Lifecycle,
  type LifecycleOptions,
} from "./lifecycle.ts";
export { createLog, type Logger, type LogOptions } from "./log.ts";
export { type Management, type ManagementOptions, startManagement } from "./management.ts";
export { Counter, createMetrics, Gauge, Histogram, type Registry } from "./metrics.ts";
export { editDistance } from "./nearest.ts";
export { type Progress, type ProgressWatchOptions, watchProgress } from "./progress-watch.ts";
export { createReadiness, type Readiness } from "./readiness.ts";
export { type Service, type ServiceOptions, startService } from "./service.ts";
export {
  choice,
  duration,
  hostList,
  integer,
  optional,
  type Setting,
  type SettingOptions,
  secret,
  text,
} from "./setting.ts";
export {
  type Environment,
  type ReadSettingsOptions,
  readSettings,
  type Settings,
  SettingsError,
  type SettingsTable,
} from "./settings.ts";
export { settingsHelp, settingsMarkdown } from "./settings-document.ts";
export { type WaitForKafkaOptions, waitForKafka } from "./wait-for-kafka.ts";
