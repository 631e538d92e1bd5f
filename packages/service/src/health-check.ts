/**
 * Asks a service whether it is ready and exits 0 or 1: a container's health check that needs no curl in the image.
 *
 *     bun packages/service/src/health-check.ts [url]
 *
 * Without a URL: `/ready` on this machine at `MANAGEMENT_PORT`, or at the producer's port.
 */
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.MANAGEMENT_PORT || "9201"}/ready`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3000), redirect: "error" });
  if (!answer.ok) fail(`${answer.status} ${(await answer.text()).slice(0, 500)}`);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

function fail(reason: string): never {
  console.error(`${url}: ${reason}`);
  process.exit(1);
}

export {};
