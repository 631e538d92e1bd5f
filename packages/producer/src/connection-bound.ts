/**
 * How many connections may be open at once; more wait until one ends (listening-socket.ts). Bun does not say how many there are, but the kernel gives the lowest
 * descriptor that is free, so as many as its number are in use at least: that is looked at all the time. Between two looks a few more may come in.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import type { ListeningSocket } from "./listening-socket.ts";

export interface ConnectionBoundOptions {
  socket: ListeningSocket;
  /** Connections at most. */
  most: number;
  /** The process's limit of descriptors. */
  descriptorLimit?: number;
  /** Told, once a minute at most, that so many are open that new ones wait. */
  onFull: (most: number) => void;
  /** Told, as often, of what the kernel refuses; it is tried again. */
  onError: (error: unknown) => void;
}

export interface ConnectionBound {
  /** Connections at most: fewer than asked for where the limit of descriptors is low. */
  readonly most: number;
  /** Whether new connections wait. */
  readonly isFull: boolean;
  /** Leaves off looking. To be called before the socket is closed. */
  stop(): void;
}

const INTERVAL_MS = 50;
/** Least time between two calls of a handler. */
const TOLD_AGAIN_MS = 60_000;
/** The share of all descriptors that connections may have; the rest is for Kafka, files, and what comes in between two looks. */
const CONNECTIONS_SHARE = 0.75;

/** Begins to look. What is open now is no connection. */
export function boundConnections({
  socket,
  most: wanted,
  descriptorLimit = readDescriptorLimit(),
  onFull,
  onError,
}: ConnectionBoundOptions): ConnectionBound {
  const others = lowestFreeDescriptor();
  const most = Math.max(1, Math.min(wanted, Math.floor(descriptorLimit * CONNECTIONS_SHARE) - others));
  const tellFull = atMostOnceAMinute(onFull);
  const tellError = atMostOnceAMinute(onError);
  let isFull = false;

  function look(): void {
    const isFullNow = lowestFreeDescriptor() >= others + most;
    if (isFullNow === isFull) return;
    if (isFullNow) socket.hold();
    else socket.release();
    isFull = isFullNow;
    if (isFull) tellFull(most);
  }

  const timer = setInterval(() => {
    try {
      look();
    } catch (error) {
      tellError(error);
    }
  }, INTERVAL_MS);
  timer.unref();
  return {
    most,
    get isFull() {
      return isFull;
    },
    stop: () => clearInterval(timer),
  };
}

function atMostOnceAMinute<T>(tell: (what: T) => void): (what: T) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (what) => {
    if (performance.now() - toldAt < TOLD_AGAIN_MS) return;
    toldAt = performance.now();
    tell(what);
  };
}

/** Infinite where none is left. */
function lowestFreeDescriptor(): number {
  try {
    const descriptor = openSync("/dev/null", "r");
    closeSync(descriptor);
    return descriptor;
  } catch (error) {
    if (isNoneLeft(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

function isNoneLeft(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EMFILE" || code === "ENFILE";
}

/** `ulimit -n`, which Bun sets to the most it may be. */
function readDescriptorLimit(): number {
  const line = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  // "unlimited" is no number.
  return line === null ? Number.POSITIVE_INFINITY : Number(line[1]);
}
