/** Asks before something is changed, where there is somebody to ask. */
import { createInterface } from "node:readline/promises";

/** True where the answer is yes, and where standard input is no terminal: a script has said `--execute`, and that is its answer. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
