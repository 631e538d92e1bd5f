/** The socket under the HTTP side: where it listens, what it bears with, how it ends. */
import type { createHttp } from "./http.ts";

export interface ServerOptions {
  app: ReturnType<typeof createHttp>;
  host: string;
  port: number;
  /** Whether other processes of this service may listen there, too. */
  isPortShared: boolean;
  /** Certificate and key in PEM; without them HTTP in the clear. */
  tls: TlsFiles | undefined;
  /** The longest a request may wait for Kafka, in milliseconds; connections are given more than that. */
  answerTimeoutMs: number;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Server {
  /** Where it listens, without a path. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, waits for what is being answered, then closes every connection. */
  stop(timeoutMs: number): Promise<void>;
}

/** Bun's own most, in seconds. */
const IDLE_TIMEOUT_MAX_S = 255;

/** Starts listening. Throws, naming the settings, when the address can't be had. */
export function startServer(options: ServerOptions): Server {
  const { host, tls } = options;
  const server = listen(options);
  const port = server.port as number;
  return {
    url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    async stop(timeoutMs) {
      const timer = setTimeout(() => void server.stop(true), timeoutMs);
      await server.stop();
      clearTimeout(timer);
    },
  };
}

function listen({ app, host, port, isPortShared, tls, answerTimeoutMs }: ServerOptions) {
  const options = {
    hostname: host,
    port,
    // Unless it is meant: Elysia would let any second process take the same port and half of the requests without a word.
    reusePort: isPortShared,
    ...(tls === undefined ? {} : { tls: { cert: Bun.file(tls.certFile), key: Bun.file(tls.keyFile) } }),
    // Else Bun answers an error with a page of source code.
    development: false,
    // Cuts off silent connections, and any slower answer than this.
    idleTimeout: Math.min(IDLE_TIMEOUT_MAX_S, Math.ceil(answerTimeoutMs / 1000) + 6),
    // The routes have limits of their own and answer 413 in full. Bun reads a body only as fast as a route does and closes
    // the connection when a route has answered early, so nothing piles up behind this.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  };
  try {
    const { server } = app.listen(options);
    if (server === null) throw new Error("the server did not start");
    return server;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const names = tls === undefined ? "HOST, PORT" : "HOST, PORT, TLS_CERT_FILE, TLS_KEY_FILE";
    throw new Error(`Can't listen on ${host}:${port} (${names}): ${reason}`, { cause });
  }
}
