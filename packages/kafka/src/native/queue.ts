/**
 * How librdkafka wakes the event loop: never by a callback (its threads would call into JavaScript), but by a byte written to a pipe
 * when a queue that had been served gets something. One pipe a client, shared by all its queues.
 */
import { createPipe, libc, NativeMemory, type Pointer } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { librdkafka } from "./library.ts";

const payload = new NativeMemory(8);
payload.bytes[0] = 1;

export class WakePipe {
  readonly #readFd: number;
  readonly #writeFd: number;
  readonly #drained: Promise<void>;

  /** @param onWake called on the event loop after one or more bytes arrived; it must serve every queue until empty */
  constructor(onWake: () => void) {
    const { readFd, writeFd } = createPipe();
    this.#readFd = readFd;
    this.#writeFd = writeFd;
    this.#drained = this.#pump(onWake);
  }

  /** From now on `queue` writes to the pipe. librdkafka writes once, then not again until the queue was polled. */
  attach(queue: Pointer): void {
    librdkafka().rd_kafka_queue_io_event_enable(queue, this.#writeFd, payload.address, 1);
  }

  /** Call after the queues' client is destroyed: librdkafka must not write to a descriptor that is someone else's by then. */
  async close(): Promise<void> {
    libc.close(this.#writeFd);
    await this.#drained;
    libc.close(this.#readFd);
  }

  async #pump(onWake: () => void): Promise<void> {
    for await (const _bytes of Bun.file(this.#readFd).stream()) {
      try {
        onWake();
      } catch (error) {
        // A handler of the user's threw. The pump goes on; the error is uncaught, as one thrown by any event handler.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** Owns a queue reference. The queue stops writing to the pipe before the reference goes. */
export function ownQueue(kind: string, pointer: Pointer | null): Handle {
  return new Handle(kind, pointer, (queue) => {
    const lib = librdkafka();
    lib.rd_kafka_queue_io_event_enable(queue, -1, null, 0);
    lib.rd_kafka_queue_destroy(queue);
  });
}
