/**
 * Calls that block (transactions, metadata of all topics, destroying a client), kept off the event loop: each runs on a worker thread that opens the same library
 * and is handed addresses as plain numbers. A `rd_kafka_t` may be used from any thread. Workers are kept and reused; as many exist as
 * calls were ever under way at once. They never are terminated: a thread inside native code must not be.
 *
 * A call's promise settles after the worker's event, not in it. Whoever awaits it may run the event loop inside that step, as `expect(promise).rejects` of
 * `bun test` does until the promise settles; in there Bun delivers no further event of a worker whose event is being handled, which the next
 * call would wait for without end.
 */

import type { BlockingCall, BlockingReply } from "./blocking-worker.ts";
import type { Pointer } from "./ffi.ts";

const idle: Worker[] = [];

/**
 * Calls a C function on a worker thread. What the arguments point to must stay reachable until the promise settles.
 * @returns the function's result: a number, or a pointer, null for NULL
 */
export async function callBlocking(
  name: BlockingCall["name"],
  args: (number | null)[],
): Promise<Pointer | null> {
  const worker = idle.pop() ?? startWorker();
  try {
    return await new Promise<Pointer | null>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<BlockingReply>) => {
        // Not in the worker's event.
        setImmediate(() => ("error" in data ? reject(new Error(data.error)) : resolve(data.result)));
      };
      worker.onerror = (event) => reject(new Error(`the thread for blocking calls failed: ${event.message}`));
      worker.postMessage({ name, args } satisfies BlockingCall);
    });
  } finally {
    idle.push(worker);
  }
}

function startWorker(): Worker {
  const worker = new Worker(new URL("./blocking-worker.ts", import.meta.url).href, { smol: true });
  // Its owner, an open client, keeps the process alive; an idle thread must not.
  worker.unref();
  return worker;
}
