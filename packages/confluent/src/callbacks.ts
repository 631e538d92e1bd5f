/**
 * The functions that the client's JavaScript registers for events, by the names it uses for them (`rebalance_cb`, `event_cb`, …). One that throws does
 * not keep the others, or the native code that called, from going on: its error is uncaught, as one thrown by any event handler.
 */

// biome-ignore lint/suspicious/noExplicitAny: functions of untyped JavaScript
export type Callback = (...args: any[]) => unknown;

export class Callbacks {
  readonly #registered = new Map<string, Callback[]>();

  add(name: string, callback: Callback): void {
    this.#registered.set(name, [...(this.#registered.get(name) ?? []), callback]);
  }

  remove(name: string, callback: Callback): void {
    const kept = (this.#registered.get(name) ?? []).filter((registered) => registered !== callback);
    if (kept.length > 0) this.#registered.set(name, kept);
    else this.#registered.delete(name);
  }

  has(name: string): boolean {
    return this.#registered.has(name);
  }

  /** Those registered now; one called may register or remove others. */
  get(name: string): readonly Callback[] {
    return this.#registered.get(name) ?? [];
  }

  call(name: string, ...args: unknown[]): void {
    for (const callback of this.get(name)) callSafely(callback, ...args);
  }
}

/** Calls a function of the program's. What it throws is uncaught. */
export function callSafely(callback: Callback, ...args: unknown[]): void {
  try {
    callback(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
