/**
 * Waits until a condition holds, looking again every few milliseconds.
 * @throws after `deadlineMs`, with what was waited for
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { deadlineMs = 15_000, everyMs = 10 }: { deadlineMs?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
