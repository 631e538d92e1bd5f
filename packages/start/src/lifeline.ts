/**
 * Preloaded into every service that `bun start` spawns: its standard input is a pipe from the supervisor, which never
 * writes to it. When the pipe ends the supervisor is gone, however it went (kill -9 too: the kernel closes it), and
 * the service is told to drain, by the signal it drains on anyway. The services themselves know nothing of this.
 */
/** Longer than a service takes to drain by itself. */
const LAST_RESORT_MS = 15_000;

process.stdin.on("end", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), LAST_RESORT_MS).unref();
});
process.stdin.resume();
// Listening alone must not keep a service alive that is done.
process.stdin.unref();
