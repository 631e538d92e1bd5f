/** Ctrl-C for commands that go on until they are told to end: the first one ends them in order, a second one at once. */

let signal: AbortSignal | undefined;

export function interruption(): AbortSignal {
  if (signal) return signal;
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  signal = controller.signal;
  return signal;
}

/** Resolves after a while, or at once when interrupted. */
export function pause(ms: number, interrupted: AbortSignal): Promise<void> {
  if (interrupted.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, Math.max(0, ms));
  interrupted.addEventListener("abort", end, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    interrupted.removeEventListener("abort", end);
  });
}
