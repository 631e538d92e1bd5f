/**
 * What all routes do alike: who may ask, the headers that stand on every answer, and what becomes of a mistake of this
 * program. A route itself takes a request and the one who asks, and gives a finished `Response`.
 */
import { ANONYMOUS, type Gate } from "./gate.ts";
import { problem } from "./problem.ts";
import { createRequestIds } from "./request-id.ts";
import type { RequestTrace, Tracing } from "./tracing.ts";

/** Where a request came from. */
export interface Caller {
  readonly requestId: string;
  /** Whose API key it came with. */
  principal: string;
  /** Gives the address of its other end, unless it came over no socket. */
  readonly address: AddressOf;
  /** Its part of a trace, if it belongs to one. */
  readonly trace: RequestTrace | undefined;
  /** For the answer, whichever it will be. */
  rateHeaders?: Readonly<Record<string, string>>;
}

export type Handler = (request: Request, caller: Caller) => Response | Promise<Response>;

export interface RouteOptions {
  gate: Gate;
  tracing: Tracing;
  /** Told of an error that is this program's own mistake, and which request it met. */
  onError: (error: unknown, requestId: string) => void;
  /** Told of every answer: the route's path, the status, and how long it took in milliseconds. */
  onAnswer?: (path: string, status: number, durationMs: number) => void;
}

/** Who knows the other end of a request's socket: the server, once it listens. */
export type AddressOf = (request: Request) => string | undefined;

/** A route in the framework's form. Its source names nothing but `request`: whatever it names is made for each request. */
export type Route = (context: { request: Request }) => Promise<Response>;

/** The path of what has none of its own: traces and metrics must not grow with what clients ask for. */
export const NO_ROUTE = "none";

/** A route that needs no API key. */
export const OPEN = { isOpen: true };

/** Gives the function that makes a handler a route. */
export function createRoutes({ gate, tracing, onError, onAnswer }: RouteOptions, addressOf: AddressOf) {
  const requestIdOf = createRequestIds();

  function answerTo(request: Request, caller: Caller, handler: Handler, isOpen: boolean) {
    const misdirected = gate.refuseHost(request);
    if (misdirected !== undefined) return misdirected;
    if (!isOpen) {
      const principal = gate.identify(request);
      if (principal instanceof Response) return principal;
      caller.principal = principal;
    }
    return handler(request, caller);
  }

  async function handle(
    request: Request,
    path: string,
    handler: Handler,
    isOpen: boolean,
  ): Promise<Response> {
    const from = onAnswer === undefined ? 0 : performance.now();
    const requestId = requestIdOf(request.headers);
    const trace = tracing.begin(request, path);
    const caller: Caller = { requestId, principal: ANONYMOUS, address: addressOf, trace };
    let answer: Response;
    try {
      answer = await answerTo(request, caller, handler, isOpen);
    } catch (error) {
      onError(error, requestId);
      answer = problem(
        "internal-error",
        "The order may or may not have been placed; the fault was logged under this request's id.",
      );
    }
    answer.headers.set("x-request-id", requestId);
    for (const name in caller.rateHeaders) answer.headers.set(name, caller.rateHeaders[name] as string);
    trace?.end(answer.status);
    onAnswer?.(path, answer.status, performance.now() - from);
    return answer;
  }

  return (path: string, handler: Handler, { isOpen = false } = {}): Route =>
    ({ request }) =>
      handle(request, path, handler, isOpen);
}
