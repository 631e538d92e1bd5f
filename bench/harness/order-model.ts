/** A whole order flow by one model or another: orders come in over HTTP, and something decides them. */
import type { RoundSubject } from "./rounds.ts";
import type { Bench } from "./scenario.ts";

export interface OrderModel extends RoundSubject {
  /** Starts all of it, empty. @throws RunFailed */
  start(bench: Pick<Bench, "cluster" | "signal">): Promise<RunningModel>;
}

export interface RunningModel extends AsyncDisposable {
  /** Takes `POST /order`. */
  readonly url: string;
  /** Orders taken so far: those answered 202, and those whose client hung up before. */
  placed(): Promise<number>;
  /** Orders decided so far. */
  decided(): Promise<number>;
  /** Once they are as many. @throws RunFailed unless each order placed has one decision, by the rule */
  verify(): Promise<void>;
}

/** A number that a service tells. */
export async function countAt(url: string): Promise<number> {
  return Number(await (await fetch(url)).text());
}
