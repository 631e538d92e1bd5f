/**
 * The analytics' metrics file against what the log comes to. The file is written every few seconds, so one that does not agree is looked at again
 * for a while before that is a finding.
 */
import { readFile } from "node:fs/promises";

export interface Totals {
  readonly orders: number;
  readonly reserved: number;
  readonly failed: number;
}

export type Comparison =
  | {
      readonly kind: "equal" | "different";
      readonly path: string;
      readonly file: Totals;
      readonly log: Totals;
    }
  /** Why they could not be compared. */
  | { readonly kind: "unknown"; readonly path: string | null; readonly reason: string };

/** The analytics writes every 10 s by default. */
const PATIENCE_MS = 15_000;

/** Compares until they agree or the patience is at its end. A file that can't be read is unknown, not different. */
export async function compareTotals(
  path: string,
  log: Totals,
  { patienceMs = PATIENCE_MS, everyMs = 200 }: { patienceMs?: number; everyMs?: number } = {},
): Promise<Comparison> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const file = await readTotals(path);
    if (typeof file === "string") return { kind: "unknown", path, reason: file };
    const isEqual =
      file.orders === log.orders && file.reserved === log.reserved && file.failed === log.failed;
    if (isEqual) return { kind: "equal", path, file, log };
    if (performance.now() >= deadline) return { kind: "different", path, file, log };
    await Bun.sleep(everyMs);
  }
}

/** The totals in a file, or why there are none. */
async function readTotals(path: string): Promise<Totals | string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "there is no such file"
      : (error as Error).message;
  }
  try {
    const { total_orders: orders, reserved_orders: reserved, failed_orders: failed } = JSON.parse(text);
    if ([orders, reserved, failed].every(Number.isSafeInteger)) return { orders, reserved, failed };
  } catch {
    // Said below.
  }
  return "it is no metrics file";
}
