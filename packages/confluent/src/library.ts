/** The functions of librdkafka that only this package uses, opened on first use from the library that `@campus/kafka` found. */
import { librdkafka, librdkafkaPath, type NativeFunctions, openLibrary } from "@campus/kafka/native";
import { symbols } from "./symbols.ts";

let opened: NativeFunctions<typeof symbols> | undefined;

export function library(): NativeFunctions<typeof symbols> {
  if (!opened) {
    librdkafka(); // checks the version first
    opened = openLibrary(librdkafkaPath(), symbols);
  }
  return opened;
}
