/**
 * What clients were told, one JSON line an answer, as Jepsen's histories are: when a request was sent, under which key, to which instance, and what
 * came back. It is the only evidence of what was promised, so it is kept apart from everything that the services say of themselves.
 */
import { createWriteStream, type WriteStream } from "node:fs";

/** A request and its answer. Times are milliseconds since the run began. */
export interface Told {
  readonly request: number;
  readonly attempt: number;
  /** The Idempotency-Key. */
  readonly key: string;
  /** Which producer was asked, from 0. */
  readonly producer: number;
  readonly sentMs: number;
  readonly answeredMs: number;
  /** The HTTP status, or null where there was no answer. */
  readonly status: number | null;
  /** The ids in the answer, one an order; empty where there were none. */
  readonly orderIds: readonly string[];
  /** Why it was no 202. */
  readonly reason?: string;
}

export interface History {
  add(told: Told): void;
  /** All of it, in the order of the answers. */
  readonly all: readonly Told[];
  close(): Promise<void>;
}

/** A history in memory, and in a file as it comes where one is named. */
export function createHistory(path?: string): History {
  const all: Told[] = [];
  const file: WriteStream | undefined = path === undefined ? undefined : createWriteStream(path);
  return {
    all,
    add(told) {
      all.push(told);
      file?.write(`${JSON.stringify(told)}\n`);
    },
    close: () => new Promise((resolve) => (file === undefined ? resolve() : file.end(() => resolve()))),
  };
}
