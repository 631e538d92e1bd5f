/**
 * What waits for records: one call of `consume`, or the endless `consumeLoop`. A call is filled from the consumer's queue and ends when it has enough, at
 * an error, or when nothing came for its time; then its callback is called, once.
 */
import { type Callback, callSafely } from "./callbacks.ts";
import { Code, type Failure, failure } from "./failure.ts";
import type { Message } from "./message.ts";

export interface EndOfPartition {
  topic: string;
  offset: number;
  partition: number;
  messageIndex?: number;
}

/** Whoever takes what comes to the consumer's queue. */
export interface Taker {
  message(message: Message): void;
  endOfPartition(end: EndOfPartition): void;
  error(code: number, message?: string): void;
  /** Nothing more comes for now, or ever. */
  timedOut(): void;
  /** Takes no more. */
  readonly done: boolean;
  /** How long an empty queue is waited at; 0 is not at all. */
  readonly timeoutMs: number;
  /** Hands over what was taken. Calls the program's function, and so anything may happen in it. */
  deliver(): void;
}

export interface ConsumeOptions {
  readonly timeoutMs: number;
  /** The most records. */
  readonly count: number;
  /** Wait for the first record only, and take what is there with it. */
  readonly waitForFirst: boolean;
  /** `(error)` or `(null, messages, ends of partitions)`. */
  readonly callback: Callback;
}

/** `consume(timeout, count, …)` */
export class ConsumeCall implements Taker {
  readonly #options: ConsumeOptions;
  readonly #messages: Message[] = [];
  readonly #ends: EndOfPartition[] = [];
  #failure: Failure | null = null;
  #hurried = false;
  done: boolean;

  constructor(options: ConsumeOptions) {
    this.#options = options;
    this.done = options.count === 0;
  }

  get timeoutMs(): number {
    // The addon waits a millisecond here, to be sure that its thread sees what is there; this side sees it at once.
    return this.#hurried ? 0 : this.#options.timeoutMs;
  }

  message(message: Message): void {
    this.#messages.push(message);
    if (this.#options.waitForFirst) this.#hurried = true;
    if (this.#messages.length >= this.#options.count) this.done = true;
  }

  endOfPartition(end: EndOfPartition): void {
    if (this.#messages.length > 0) this.#hurried = true;
    this.#ends.push({ ...end, messageIndex: this.#messages.length - 1 });
  }

  error(code: number, message?: string): void {
    if (this.#messages.length === 0) this.#failure = failure(code, message);
    this.done = true;
  }

  timedOut(): void {
    this.done = true;
  }

  deliver(): void {
    const { callback } = this.#options;
    if (this.#failure) callSafely(callback, this.#failure);
    else callSafely(callback, null, this.#messages, this.#ends);
  }
}

/** `consume(timeout, callback)`: one record, or the error that there was none. */
export class ConsumeOne implements Taker {
  #outcome: [Failure] | [null, Message] = [failure(Code.timedOut)];
  done = false;

  constructor(
    readonly timeoutMs: number,
    private readonly callback: Callback,
  ) {}

  message(message: Message): void {
    this.#outcome = [null, message];
    this.done = true;
  }

  endOfPartition(): void {
    this.error(Code.partitionEof);
  }

  error(code: number, message?: string): void {
    this.#outcome = [failure(code, message)];
    this.done = true;
  }

  timedOut(): void {
    this.done = true;
  }

  deliver(): void {
    callSafely(this.callback, ...this.#outcome);
  }
}

/** `consumeLoop`: every record by a call of its own, until an error that is no warning. */
export class ConsumeLoop implements Taker {
  #pending: unknown[][] = [];
  readonly timeoutMs = Number.POSITIVE_INFINITY;
  done = false;

  constructor(private readonly callback: Callback) {}

  message(message: Message): void {
    this.#pending.push([null, message, null, null]);
  }

  endOfPartition(end: EndOfPartition): void {
    this.#pending.push([null, null, end, null]);
  }

  error(code: number): void {
    const isWarning = code === Code.unknownTopicOrPartition || code === Code.topicAuthorizationFailed;
    if (isWarning) {
      this.#pending.push([null, null, null, code]);
      return;
    }
    this.#pending.push([new Error(failure(code).message)]);
    this.done = true;
  }

  timedOut(): void {}

  /** Stops for good; what was taken is still delivered. */
  stop(): void {
    this.done = true;
  }

  deliver(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const args of pending) callSafely(this.callback, ...args);
  }
}
