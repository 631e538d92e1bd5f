/**
 * A native object and its one destroy. Whoever holds the `Handle` owns the object; `pointer` throws once it is released, so a use
 * after close is an error instead of a crash. Live handles are counted by kind: tests assert that none is left.
 */
import { KafkaError } from "../error.ts";
import { ErrCode } from "./error-codes.ts";
import type { Pointer } from "./ffi.ts";

const live = new Map<string, number>();

/** How many native objects of each kind are alive in this thread. */
export function liveHandles(): Record<string, number> {
  return Object.fromEntries([...live].filter(([, count]) => count > 0));
}

export class Handle implements Disposable {
  #pointer: Pointer | null;
  readonly #kind: string;
  readonly #destroy: (pointer: Pointer) => void;

  /** @param pointer what the C function returned; NULL is an error of `kind` */
  constructor(kind: string, pointer: Pointer | null, destroy: (pointer: Pointer) => void) {
    if (!pointer)
      throw new KafkaError({
        code: ErrCode.state,
        operation: "allocate",
        message: `librdkafka gave no ${kind}`,
      });
    this.#kind = kind;
    this.#pointer = pointer;
    this.#destroy = destroy;
    live.set(kind, (live.get(kind) ?? 0) + 1);
  }

  get pointer(): Pointer {
    if (this.#pointer) return this.#pointer;
    throw new KafkaError({ code: ErrCode.state, operation: "use", message: `this ${this.#kind} is closed` });
  }

  get released(): boolean {
    return this.#pointer === null;
  }

  /** Hands the object to native code that takes ownership (a conf to `rd_kafka_new`). */
  surrender(): Pointer {
    const pointer = this.pointer;
    this.#forget();
    return pointer;
  }

  /** Destroys the object; a second call does nothing. */
  release(): void {
    const pointer = this.#pointer;
    if (!pointer) return;
    this.#forget();
    this.#destroy(pointer);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #forget(): void {
    this.#pointer = null;
    live.set(this.#kind, live.get(this.#kind)! - 1);
  }
}
