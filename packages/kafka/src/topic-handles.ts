/** The `rd_kafka_topic_t` of each topic a producer has sent to, opened on first use, owned here. */
import { KafkaError } from "./error.ts";
import { ErrCode } from "./native/error-codes.ts";
import { cstring, type Pointer } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { errorOf, librdkafka } from "./native/library.ts";

export class TopicHandles {
  readonly #handles = new Map<string, Handle>();

  constructor(private readonly client: Handle) {}

  /** @throws KafkaError `_INVALID_ARG` for what can't be a topic's name */
  get(topic: string): Pointer {
    return (this.#handles.get(topic) ?? this.#open(topic)).pointer;
  }

  /** Before the client is destroyed. */
  release(): void {
    for (const handle of this.#handles.values()) handle.release();
    this.#handles.clear();
  }

  #open(topic: string): Handle {
    const lib = librdkafka();
    if (typeof topic !== "string" || topic === "") {
      throw new KafkaError({
        code: ErrCode.invalidArgument,
        operation: "produce",
        message: "the topic's name is empty",
      });
    }
    const pointer = lib.rd_kafka_topic_new(this.client.pointer, cstring(topic), null);
    if (!pointer) throw errorOf(lib.rd_kafka_last_error(), "produce", `"${topic}" can't be a topic's name`);
    const handle = new Handle("topic", pointer, (rkt) => lib.rd_kafka_topic_destroy(rkt));
    this.#handles.set(topic, handle);
    return handle;
  }
}
