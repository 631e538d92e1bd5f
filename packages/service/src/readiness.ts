/**
 * Whether a process should be given work. Each reason why not has a name and is set and cleared by whoever knows: no
 * reason left means ready. That it runs at all is another question, which answering on `/live` settles.
 */
export interface Readiness {
  readonly isReady: boolean;
  /** Why not, by name, in words for an operator. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Sets a reason against readiness, or replaces it. */
  block(name: string, reason: string): void;
  /** Takes a reason back. */
  clear(name: string): void;
}

export function createReadiness(): Readiness {
  const reasons = new Map<string, string>();
  return {
    get isReady() {
      return reasons.size === 0;
    },
    get reasons() {
      return Object.fromEntries(reasons);
    },
    block: (name, reason) => void reasons.set(name, reason),
    clear: (name) => void reasons.delete(name),
  };
}
