/** `rd_kafka_conf_t` from properties, with errors that help: an unknown name is answered with the nearest one that exists. */
import { KafkaError } from "../error.ts";
import { explainRefusal } from "./conf-refusal.ts";
import { ErrCode } from "./error-codes.ts";
import { cstring, NativeMemory, readString } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { librdkafka } from "./library.ts";

/** librdkafka property names and their values; `undefined` leaves a property at its default. */
export type Properties = Readonly<Record<string, string | number | boolean | undefined>>;

/** A configuration owned by the caller until `rd_kafka_new` takes it. Throws `KafkaError` (`_INVALID_ARG`) for a bad property. */
export function newConf(properties: Properties): Handle {
  const lib = librdkafka();
  const conf = new Handle("configuration", lib.rd_kafka_conf_new(), (pointer) =>
    lib.rd_kafka_conf_destroy(pointer),
  );
  try {
    const reason = new NativeMemory(512);
    for (const [name, value] of Object.entries(properties)) {
      if (value === undefined) continue;
      const text = String(value);
      const result = lib.rd_kafka_conf_set(
        conf.pointer,
        cstring(name),
        cstring(text),
        reason.address,
        reason.size,
      );
      if (result === 0) continue;
      throw new KafkaError({
        code: ErrCode.invalidArgument,
        operation: "configure",
        message: explainRefusal(name, readString(reason.address) ?? ""),
      });
    }
    return conf;
  } catch (error) {
    conf.release();
    throw error;
  }
}
