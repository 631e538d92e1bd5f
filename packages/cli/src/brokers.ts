/** Where Kafka is: `--brokers`, else the setting that the services read, else what that defaults to. */
import { commonSettings, type Environment, readSettings, SettingsError } from "@campus/service";
import { UsageError } from "./exit-code.ts";

/**
 * Addresses, separated by commas.
 * @throws UsageError naming the option or the variable, and what it takes
 */
export function readBrokers(option: string | undefined, environment: Environment): string {
  const { brokers: setting } = commonSettings({ managementPort: 0 });
  if (option !== undefined) {
    const hosts = setting.parse(option.trim());
    if (!hosts) throw new UsageError(`--brokers is ${JSON.stringify(option)}: it takes ${setting.expected}`);
    return hosts.join(",");
  }
  try {
    // No prefix is ours here: the settings of services that lie in the same environment are none of this program's business.
    return readSettings({ brokers: setting }, { environment, ownedPrefixes: [] }).brokers.join(",");
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message);
    throw error;
  }
}
