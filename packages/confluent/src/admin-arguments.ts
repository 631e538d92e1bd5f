/** Arguments of the Admin API from JavaScript, checked with the addon's words. */
import {
  cstring,
  Handle,
  librdkafkaAdmin,
  NativeMemory,
  type Pointer,
  readString,
} from "@campus/kafka/native";
import type { Callback } from "./callbacks.ts";
import { requireFunction } from "./connection.ts";
import { describe } from "./failure.ts";
import { library } from "./library.ts";
import { type Entry, integer } from "./topic-partitions.ts";

export type Options = Readonly<Record<string, unknown>>;

/** A topic to create, owned by the caller. */
export function newTopic(given: Options): Handle {
  const admin = librdkafkaAdmin();
  const reason = new NativeMemory(512);
  const pointer = admin.rd_kafka_NewTopic_new(
    cstring(String(given.topic ?? "")),
    integer(given.num_partitions, 0),
    integer(given.replication_factor, 0),
    reason.address,
    reason.size,
  );
  if (!pointer) throw new Error(readString(reason.address) ?? "");
  const topic = new Handle("new topic", pointer, (made) => admin.rd_kafka_NewTopic_destroy(made));
  try {
    for (const [name, value] of Object.entries((given.config ?? {}) as Options)) {
      if (typeof value !== "string") throw new Error("Config values must all be provided as strings.");
      const code = admin.rd_kafka_NewTopic_set_config(topic.pointer, cstring(name), cstring(value));
      if (code !== 0) throw new Error(describe(code));
    }
    return topic;
  } catch (error) {
    topic.release();
    throw error;
  }
}

/** Partitions with their offsets; 0 where there is none. */
export function listEntries(partitions: readonly unknown[], otherwise: string): Entry[] {
  return partitions.map((given) => {
    if (typeof given !== "object" || given === null) throw new Error(otherwise);
    const { topic, partition, offset } = given as Options;
    return {
      topic: String(topic ?? ""),
      partition: integer(partition, -1),
      offset: integer(offset, 0),
    };
  });
}

export function groupRequest(
  groups: unknown,
  options: unknown,
  callback: unknown,
): { done: Callback; names: string[] } {
  const done = requireFunction(callback, "Need to specify a callback");
  if (!Array.isArray(groups)) throw new Error("Must provide group name array");
  if (typeof options !== "object" || options === null) throw new Error("Must provide options object");
  if (groups.length === 0) throw new Error("Must provide at least one group name");
  return { done, names: groups.map(String) };
}

/** For `configure` of a request: asks for the operations this client is allowed, if that is wanted. */
export function includeOperations(include: unknown): (options: Pointer) => Pointer | null {
  return (options) =>
    include === true ? library().rd_kafka_AdminOptions_set_include_authorized_operations(options, 1) : null;
}

/** An array of enums in C, as the last two arguments of a function that copies it. */
export function enums(values: unknown): [array: Int32Array, count: number] {
  const given = Array.isArray(values) ? values.map(Number).filter(Number.isInteger) : [];
  return [Int32Array.from(given.length > 0 ? given : [0]), given.length];
}
