/**
 * The side door of a process, for operators and orchestrators: `/live`, `/ready`, `/metrics`. It has its own port,
 * loopback by default, so that what it tells never stands on the public one.
 */
import type { Logger } from "./log.ts";
import type { Registry } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

export interface ManagementOptions {
  host: string;
  /** The port that was asked for; without one, `defaultPort` or, if that is taken, a free one. */
  port: number | undefined;
  defaultPort: number;
  readiness: Readiness;
  metrics: Registry;
  log: Logger;
}

export interface Management {
  /** Where it listens, without a path. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts listening. Throws when the port that was asked for can't be had. */
export function startManagement(options: ManagementOptions): Management {
  const { host, port, defaultPort, log } = options;
  const server = port === undefined ? listenNear(defaultPort, options) : listen(port, options);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
  log.info("management at {url}", { url });
  return { url, stop: () => server.stop(true) };
}

function listenNear(defaultPort: number, options: ManagementOptions) {
  try {
    return listen(defaultPort, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    options.log.info("port {defaultPort} is taken, so management takes a free one", { defaultPort });
    return listen(0, options);
  }
}

function listen(port: number, { host, readiness, metrics }: ManagementOptions) {
  return Bun.serve({
    hostname: host,
    port,
    maxRequestBodySize: 1024,
    async fetch(request) {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return new Response("GET only\n", { status: 405, headers: { allow: "GET, HEAD" } });
      }
      switch (new URL(request.url).pathname) {
        case "/live":
          return Response.json({ status: "live" });
        case "/ready":
          return readiness.isReady
            ? Response.json({ status: "ready" })
            : Response.json({ status: "not ready", reasons: readiness.reasons }, { status: 503 });
        case "/metrics":
          return new Response(await metrics.metrics(), { headers: { "content-type": metrics.contentType } });
        default:
          return new Response("/live, /ready or /metrics\n", { status: 404 });
      }
    },
  });
}
