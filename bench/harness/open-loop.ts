/** Orders at a fixed rate from this very process, as `orders load` sends them, whatever the answers. */
import { generateLoad, type LoadFigures } from "@campus/cli/loading";
import { RunFailed } from "./subject-process.ts";

export interface OpenLoop {
  readonly url: string;
  /** Orders a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly ordersPerRequest: number;
  /** Told of the orders of each request that was accepted. */
  readonly onAccepted?: (ids: readonly string[]) => void;
}

/** Requests at once at most; what is due beyond that waits, and its wait counts. */
const requestsInFlight = 200;

/** Resolves when everything that was due has been answered, or was given up. */
export async function openLoop(
  { url, rate, seconds, ordersPerRequest, onAccepted }: OpenLoop,
  signal: AbortSignal,
): Promise<LoadFigures> {
  const figures = await generateLoad({
    ...{ url, rate, durationMs: 1_000 * seconds, batch: ordersPerRequest, connections: requestsInFlight },
    ...(onAccepted && { onAccepted }),
    interrupted: signal,
  });
  signal.throwIfAborted();
  return figures;
}

/** @throws RunFailed unless all were answered 202 */
export function requireAllAccepted({ due, accepted, failures }: LoadFigures): void {
  const [worst] = failures;
  if (!worst && accepted === due) return;
  const why = worst ? `: ${worst.status ?? "no answer"} ${worst.reason}` : "";
  throw new RunFailed(`${due - accepted} of ${due} orders were not answered 202${why}`);
}
