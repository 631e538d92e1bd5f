/**
 * `bun run chaos`: the fault suite. Wiring only: a run is run.ts, a figure of tests/RELIABILITY.md a file in scenarios/, a planted bug one in
 * controls/.
 */

import { runCommand } from "./command.ts";
import { readOptions, USAGE, UsageError } from "./options.ts";

const ending = new AbortController();
let signals = 0;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // A second one: everything that was started ends with this process.
    if (++signals > 1) process.exit(130);
    console.error("\nending what was started…");
    ending.abort(new Error(`ended by ${signal}`));
  });
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    process.exit(0);
  }
  process.exit(await runCommand(options, ending.signal));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
  console.error(ending.signal.aborted ? String(ending.signal.reason?.message) : error);
  process.exit(ending.signal.aborted ? 130 : 1);
}
