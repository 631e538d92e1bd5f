/**
 * The dashboard over HTTP: one page, its parts, the figures as JSON and as server-sent events, and a form's way to the producer. Everything comes from this
 * address: no other host is asked, and the page is allowed to load and to reach nothing else.
 */
import { join } from "node:path";
import { type AllowedHosts, isAllowedHost, type Logger } from "@campus/service";
import type { Feed } from "./feed.ts";

export interface DashboardOptions {
  readonly feed: Feed;
  readonly host: string;
  /** The port that was asked for; without one, `defaultPort` or, if that is taken, a free one. */
  readonly port: number | undefined;
  readonly defaultPort: number;
  readonly hosts: AllowedHosts;
  /** Where orders of the form go. */
  readonly producerUrl: string;
  readonly log: Logger;
}

export interface Dashboard {
  readonly url: string;
  stop(): Promise<void>;
}

/** More at once are answered 503: each costs a connection and a text a second. */
const MAX_VIEWERS = 200;
/** A viewer that reads nothing for so many texts is let go; it connects again by itself. */
const MAX_UNREAD = 10;
const ORDER_TIMEOUT_MS = 6_000;
const ORDER_MAX_BYTES = 4_096;

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

const page = (file: string) => join(import.meta.dir, "page", file);
const plot = (file: string) => Bun.resolveSync(`uplot/dist/${file}`, import.meta.dir);

const FILES: Readonly<Record<string, readonly [path: () => string, type: string]>> = {
  "/": [() => page("index.html"), "text/html; charset=utf-8"],
  "/dashboard.js": [() => page("dashboard.js"), "text/javascript; charset=utf-8"],
  "/charts.js": [() => page("charts.js"), "text/javascript; charset=utf-8"],
  "/dashboard.css": [() => page("dashboard.css"), "text/css; charset=utf-8"],
  "/icon.svg": [() => page("icon.svg"), "image/svg+xml"],
  "/uplot.js": [() => plot("uPlot.esm.js"), "text/javascript; charset=utf-8"],
  "/uplot.css": [() => plot("uPlot.min.css"), "text/css; charset=utf-8"],
};

export function startDashboard(options: DashboardOptions): Dashboard {
  const { host, port, defaultPort, log } = options;
  const server = port === undefined ? listenNear(defaultPort, options) : listen(port, options);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
  log.info("dashboard at {url}", { url });
  return { url, stop: () => server.stop(true) };
}

function listenNear(port: number, options: DashboardOptions) {
  try {
    return listen(port, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    options.log.info("port {port} is taken, so the dashboard takes a free one", { port });
    return listen(0, options);
  }
}

function listen(port: number, options: DashboardOptions) {
  return Bun.serve({
    hostname: options.host,
    port,
    // Longer than the second between two texts; a viewer that is gone is noticed by it.
    idleTimeout: 30,
    maxRequestBodySize: ORDER_MAX_BYTES,
    fetch: (request) => answer(request, options),
    error(error) {
      options.log.error("a request to the dashboard failed: {error}", { error });
      return say(500, "Something went wrong here; the log says what.");
    },
  });
}

async function answer(
  request: Request,
  { feed, hosts, producerUrl, log }: DashboardOptions,
): Promise<Response> {
  if (!isAllowedHost(hosts, request.headers.get("host")))
    return say(421, "This address is not served under that name: see DASHBOARD_ALLOWED_HOSTS.");
  const { pathname } = new URL(request.url);
  if (pathname === "/order")
    return request.method === "POST" ? placeOrder(request, producerUrl, log) : onlyBy("POST");
  if (request.method !== "GET" && request.method !== "HEAD") return onlyBy("GET, HEAD");
  if (pathname === "/events") return stream(request, feed);
  if (pathname === "/metrics.json")
    return Response.json(await feed.report(), { headers: { ...HEADERS, "cache-control": "no-store" } });
  const file = FILES[pathname];
  if (file === undefined) return say(404, "There is nothing here. The dashboard is at /.");
  const [path, type] = file;
  return new Response(Bun.file(path()), { headers: { ...HEADERS, "content-type": type } });
}

function stream({ signal }: Request, feed: Feed): Response {
  if (feed.viewers >= MAX_VIEWERS)
    return say(503, `${MAX_VIEWERS} pages are open already.`, { "retry-after": "10" });
  let leave = () => {};
  const body = new ReadableStream<string>(
    {
      start(controller) {
        const unwatch = feed.watch((text) => {
          if ((controller.desiredSize ?? 0) < -MAX_UNREAD) return leave();
          controller.enqueue(text);
        });
        leave = () => {
          unwatch();
          try {
            controller.close();
          } catch {
            // It was closed by the other side.
          }
        };
        signal.addEventListener("abort", leave, { once: true });
      },
      cancel: () => leave(),
    },
    { highWaterMark: 0 },
  );
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { ...HEADERS, "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/**
 * The order goes to the producer as it came, and its answer back. Only from the page itself: a browser says where a request is from, and
 * can't send JSON to another origin without asking first.
 */
async function placeOrder(request: Request, producerUrl: string, log: Logger): Promise<Response> {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin")
    return say(403, "Orders are taken from the dashboard's own page only.");
  if (request.headers.get("content-type") !== "application/json")
    return say(415, "An order is application/json.");
  const body = await request.text();
  try {
    const response = await fetch(`${producerUrl}/order`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(ORDER_TIMEOUT_MS),
    });
    return new Response(await response.text(), {
      status: response.status,
      headers: { ...HEADERS, "content-type": response.headers.get("content-type") ?? "application/json" },
    });
  } catch (error) {
    log.debug("the producer can't be reached: {error}", { error });
    return say(
      502,
      `The producer can't be reached at ${producerUrl}: is it running? DASHBOARD_PRODUCER_URL says where it is.`,
    );
  }
}

function onlyBy(allow: string): Response {
  return say(405, `Only ${allow} here.`, { allow });
}

function say(status: number, detail: string, headers: Record<string, string> = {}): Response {
  return Response.json({ status, detail }, { status, headers: { ...HEADERS, ...headers } });
}
