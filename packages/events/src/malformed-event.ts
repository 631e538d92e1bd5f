/**
 * The one error of this package: bytes that are no event. It names the fault and never carries the input, so it has no
 * `cause` either: a parser's own message quotes what it choked on.
 */

/** Thrown by `decodeEvent`. The bytes will not become an event by trying again: set them aside, go on. */
export class MalformedEventError extends Error {
  override readonly name = "MalformedEventError";
  /** What is wrong, for a log line or a dead-letter header; never quotes the bytes themselves. */
  readonly reason: string;

  constructor(reason: string) {
    super(`Not an event of this system: ${reason}.`);
    this.reason = reason;
  }
}
