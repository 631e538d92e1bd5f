/** Which records a command means: the words of `--key` and `--grep`. */
import type { ConsumerRecord } from "@campus/kafka";
import type { Given, OptionSpec } from "./command.ts";
import { previewOf, showBytes, showRecord } from "./shown-record.ts";

export const FILTER_OPTIONS: readonly OptionSpec[] = [
  { name: "key", value: "KEY", description: "only records with this key" },
  { name: "grep", value: "TEXT", description: "only records whose value has this text in it" },
];

export type Filter = (record: ConsumerRecord) => boolean;

export function readFilter(given: Given): Filter {
  const [key, text] = [given.value("key"), given.value("grep")];
  return (record) =>
    (key === undefined || showBytes(record.key) === key) &&
    (text === undefined || previewOf(showRecord(record), Number.POSITIVE_INFINITY).includes(text));
}
