/** Where Kafka is, `--brokers` or else the setting that the services read, and how to connect to it: by the services' settings. */
import {
  commonSettings,
  type Environment,
  kafkaSecurity,
  kafkaSecuritySettings,
  readSettings,
  SettingsError,
} from "@campus/service";
import type { KafkaAccess } from "./connection.ts";
import { UsageError } from "./exit-code.ts";

/** @throws UsageError naming the option or the variable, and what it takes */
export function readAccess(option: string | undefined, environment: Environment): KafkaAccess {
  try {
    // No prefix is ours here: the settings of services that lie in the same environment are none of this program's business.
    const settings = readSettings(kafkaSecuritySettings, { environment, ownedPrefixes: [] });
    return { brokers: readBrokers(option, environment), ...kafkaSecurity(settings) };
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}

function readBrokers(option: string | undefined, environment: Environment): string {
  const { brokers: setting } = commonSettings({ managementPort: 0 });
  if (option === undefined)
    return readSettings({ brokers: setting }, { environment, ownedPrefixes: [] }).brokers.join(",");
  const hosts = setting.parse(option.trim());
  if (!hosts) throw new UsageError(`--brokers is ${JSON.stringify(option)}: it takes ${setting.expected}`);
  return hosts.join(",");
}
