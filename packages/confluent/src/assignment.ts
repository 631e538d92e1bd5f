/** Partitions to assign, from JavaScript: an offset not given is left to the group, an element without a topic is left out. */
import { Handle, librdkafka, type NativeMemory } from "@campus/kafka/native";
import { type Entry, integer, noOffset } from "./topic-partitions.ts";

export function assignEntries(partitions: unknown): Entry[] {
  if (!Array.isArray(partitions)) throw new Error("Need to specify an array of partitions");
  return partitions.flatMap((given) => {
    if (typeof given !== "object" || given === null) throw new Error("Must pass topic-partition objects");
    const { topic, partition, offset } = given as Record<string, unknown>;
    if (topic === undefined || topic === null || topic === "") return [];
    return {
      topic: String(topic),
      partition: Math.max(-1, integer(partition, -1)),
      offset: integer(offset, noOffset),
    };
  });
}

/** Owns the list whose address a function wrote into `out`. */
export function takeList(out: NativeMemory): Handle {
  return new Handle("topic partition list", out.getSize(0), (pointer) =>
    librdkafka().rd_kafka_topic_partition_list_destroy(pointer),
  );
}
