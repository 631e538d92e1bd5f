/** Random numbers that a seed decides (mulberry32): the same seed gives the same faults at the same times. */

export interface Random {
  /** At least `from`, below `to`. */
  between(from: number, to: number): number;
  /** A whole number of at least `from`, at most `to`. */
  integer(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
  /** Another source, independent of how much is drawn from this one. */
  fork(name: string): Random;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const between = (from: number, to: number) => from + next() * (to - from);
  const integer = (from: number, to: number) => Math.floor(between(from, to + 1));
  return {
    between,
    integer,
    pick: (from) => from[integer(0, from.length - 1)]!,
    fork: (name) => createRandom(Bun.hash.xxHash32(name, seed)),
  };
}
