/**
 * Settings given as an object, made into librdkafka's with the addon's own rules: a number or boolean is written out, a function is left to
 * `configureCallbacks`, whatever else becomes a string; the first setting refused throws librdkafka's words.
 */
import { cstring, Handle, librdkafka, NativeMemory, type Pointer, readString } from "@campus/kafka/native";
import { library } from "./library.ts";

export type ConfigurationObject = Readonly<Record<string, unknown>>;

type Set = (conf: Pointer, name: Buffer, value: Buffer, reason: Pointer, reasonSize: number) => number;

/** A client's settings, owned by the caller until `rd_kafka_new` takes them. */
export function clientConfiguration(
  settings: ConfigurationObject,
  topicSettings: ConfigurationObject | null,
): Handle {
  const lib = librdkafka();
  const conf = new Handle("configuration", lib.rd_kafka_conf_new(), (pointer) =>
    lib.rd_kafka_conf_destroy(pointer),
  );
  try {
    setAll(conf.pointer, settings, lib.rd_kafka_conf_set);
    if (topicSettings) {
      const topic = topicConfiguration(topicSettings);
      library().rd_kafka_conf_set_default_topic_conf(conf.pointer, topic.surrender());
    }
    return conf;
  } catch (error) {
    conf.release();
    throw error;
  }
}

/** A topic's settings, owned by the caller. */
export function topicConfiguration(settings: ConfigurationObject): Handle {
  const lib = library();
  const conf = new Handle("topic configuration", lib.rd_kafka_topic_conf_new(), (pointer) =>
    lib.rd_kafka_topic_conf_destroy(pointer),
  );
  try {
    setAll(conf.pointer, settings, lib.rd_kafka_topic_conf_set);
    return conf;
  } catch (error) {
    conf.release();
    throw error;
  }
}

function setAll(conf: Pointer, settings: ConfigurationObject, set: Set): void {
  const reason = new NativeMemory(512);
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === "function") continue;
    const taken = set(conf, cstring(name), cstring(String(value)), reason.address, reason.size);
    if (taken !== 0) throw new Error(readString(reason.address) ?? `the setting "${name}" was refused`);
  }
}

/** A setting's value in a configuration, or null for one that has none. */
export function configured(conf: Handle, name: string): string | null {
  const value = new NativeMemory(1024);
  const size = new NativeMemory(8);
  size.setSize(0, value.size);
  const known = librdkafka().rd_kafka_conf_get(conf.pointer, cstring(name), value.address, size.address);
  return known === 0 ? readString(value.address) : null;
}
