/**
 * `rd_kafka_conf_t` from properties, with errors that help and that quote no secret: an unknown name is answered with the nearest one
 * that exists, a value of the wrong type with the right one.
 */
import { KafkaError } from "../error.ts";
import { explainName, explainRefusal, explainValue } from "./conf-refusal.ts";
import { ErrCode } from "./error-codes.ts";
import { cstring, NativeMemory, type Pointer, readString } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { librdkafka } from "./library.ts";
import { propertyText } from "./property-check.ts";
import { Secrets } from "./secrets.ts";

/** librdkafka property names and their values; `undefined` leaves a property at its default. */
export type Properties = Readonly<Record<string, string | number | boolean | undefined>>;

/** A configuration owned by the caller until `rd_kafka_new` takes it. Throws `KafkaError` (`_INVALID_ARG`) for a bad property. */
export function newConf(properties: Properties): Handle {
  const lib = librdkafka();
  const conf = new Handle("configuration", lib.rd_kafka_conf_new(), (pointer) =>
    lib.rd_kafka_conf_destroy(pointer),
  );
  try {
    for (const [name, value] of Object.entries(properties)) {
      const problem = value === undefined ? null : set(conf.pointer, name, value);
      if (problem === null) continue;
      throw new KafkaError({
        code: ErrCode.invalidArgument,
        operation: "configure",
        message: new Secrets(properties).redact(problem),
      });
    }
    return conf;
  } catch (error) {
    conf.release();
    throw error;
  }
}

/** Sets one property. Returns what is wrong with it, or null. */
function set(conf: Pointer, name: string, value: unknown): string | null {
  if (name.includes("\0")) return explainName(name);
  const text = propertyText(name, value);
  if (text === null) return explainValue(name, value);
  const reason = new NativeMemory(512);
  const taken = librdkafka().rd_kafka_conf_set(
    conf,
    cstring(name),
    cstring(text),
    reason.address,
    reason.size,
  );
  return taken === 0 ? null : explainRefusal(name, value, readString(reason.address) ?? "");
}
