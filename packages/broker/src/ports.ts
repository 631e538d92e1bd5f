/**
 * Free loopback ports. Nobody can reserve a port for another process, so between choosing and the broker's bind someone
 * else may take it: a temporary cluster then starts again on other ports (apache.ts).
 *
 * Ports are taken from below the range the system gives to outgoing connections. Above that, a client that keeps
 * reconnecting to a killed broker is sooner or later given the broker's own port as its local one, connects to itself,
 * and the broker can't come back.
 */
import { BrokerError } from "./error.ts";

export const LOOPBACK = "127.0.0.1";

const LOWEST = 20_000;
const HIGHEST = 32_700; // Linux gives out 32768 and up, macOS 49152 and up
const TRIES = 2_000;

/** Whether a server could listen on this loopback port right now. */
export function isPortFree(port: number): boolean {
  const held = holdPort(port);
  held?.stop();
  return held !== undefined;
}

/** `count` different ports, free at the time of asking, none of them in `taken`. */
export function freePorts(count: number, taken: Iterable<number> = []): number[] {
  const unwanted = new Set(taken);
  // All are held until the last is found, so that two askers in one process can't be told the same.
  const held: { port: number; stop(): void }[] = [];
  try {
    for (let tries = 0; held.length < count; tries++) {
      if (tries === TRIES) {
        throw new BrokerError(
          "PORT_TAKEN",
          `No ${count} free ports between ${LOWEST} and ${HIGHEST} on ${LOOPBACK}.`,
        );
      }
      const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
      if (unwanted.has(port)) continue;
      const listener = holdPort(port);
      if (!listener) continue;
      unwanted.add(port);
      held.push({ port, stop: () => listener.stop() });
    }
    return held.map(({ port }) => port);
  } finally {
    for (const listener of held) listener.stop();
  }
}

function holdPort(port: number): { stop(): void } | undefined {
  try {
    const listener = Bun.listen({ hostname: LOOPBACK, port, exclusive: true, socket: { data() {} } });
    return { stop: () => listener.stop(true) };
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "EADDRINUSE" || code === "EACCES") return undefined;
    throw error;
  }
}
