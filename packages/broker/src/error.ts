/**
 * The one error this package throws on purpose. Its message is written for the person at the terminal: what was wrong,
 * and what to do. `code` is for callers that must tell the cases apart (a test that skips without Java, a retry with
 * other ports).
 */
/** What went wrong, for programs. */
export type BrokerErrorCode =
  | "BAD_OPTION"
  | "JAVA_MISSING"
  | "MAVEN_MISSING"
  | "DOWNLOAD_FAILED"
  | "PORT_TAKEN"
  | "DATA_IN_USE"
  | "DATA_MISMATCH"
  | "START_FAILED"
  | "STOPPED"
  | "NODE_STATE"
  | "TOOL_FAILED";

/** A failure of this package's own, explained for people (`message`) and programs (`code`). */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
