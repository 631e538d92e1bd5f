/** Verification for other programs: the fault suite asks more of the same checker. */

export { readStretches, type Stretch } from "../topic-reading.ts";
export { type Checker, createChecker, type Findings, faultsOf } from "./checker.ts";
export { type Comparison, compareTotals, type Totals } from "./metrics-file.ts";
export {
  INVENTORY_GROUP,
  type Verification,
  type VerificationOptions,
  verifySystem,
} from "./verification.ts";
