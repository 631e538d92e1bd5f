/** `Topic` of the addon: a name and the topic's own settings, for `produce`. The client's JavaScript passes names instead. */
import { type ConfigurationObject, topicConfiguration } from "./configuration.ts";

export class Topic {
  readonly #name: string;
  /** @internal */
  readonly configuration: ConfigurationObject | null;

  constructor(...given: unknown[]) {
    const [name, configuration] = given;
    if (given.length === 0) throw new Error("topic name is required");
    if (typeof name !== "string") throw new Error("Topic name must be a string");
    if (configuration !== undefined && configuration !== null && typeof configuration !== "object")
      throw new Error("Configuration data must be specified");
    this.#name = name;
    this.configuration = (configuration as ConfigurationObject | null | undefined) ?? null;
    if (this.configuration) topicConfiguration(this.configuration).release();
  }

  name(): string {
    return this.#name;
  }
}
