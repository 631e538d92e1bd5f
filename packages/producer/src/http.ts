/**
 * The HTTP side: which routes there are. It knows neither sockets nor Kafka, so tests call `app.handle`. Handlers read the
 * request themselves and give a finished `Response`: of the framework's ways that is the fastest, and none of its own
 * error pages, which quote the input, can come of it.
 */
import { type AnyElysia, Elysia } from "elysia";
import { describeHealth, refuseRoute } from "./answers.ts";
import { createDocsRoutes } from "./docs-routes.ts";
import type { KafkaHealth } from "./kafka-health.ts";
import { detailOf } from "./openapi.ts";
import { createTimestamps } from "./order.ts";
import { createOrderRoutes, type OrderRoutesOptions } from "./order-routes.ts";
import { createOrderStateRoute, ORDER_STATE_PATH } from "./order-state-route.ts";
import type { OrderTracker } from "./order-tracker.ts";
import { createRoutes, NO_ROUTE, OPEN, type RouteOptions } from "./route.ts";

/** Not part of what the document describes. */
const HIDDEN = { detail: { hide: true } };

export interface HttpOptions extends OrderRoutesOptions, RouteOptions {
  kafkaHealth: KafkaHealth;
  /** Knows what became of orders; without it there is no route to ask for that. */
  tracker: OrderTracker | undefined;
}

export function createHttp(options: HttpOptions) {
  const { kafkaHealth, tracker, closedBecause, onError } = options;
  const timestamp = createTimestamps();
  let served: AnyElysia | undefined;
  const route = createRoutes(options, (request) => served?.server?.requestIP(request)?.address);
  const { postOrder, postBatch } = createOrderRoutes(options);

  async function getHealth(): Promise<Response> {
    return describeHealth(await kafkaHealth.check(), closedBecause(), timestamp());
  }

  // standardHostname: false, or a Host header of one letter shifts where the path is thought to begin.
  const app = new Elysia({
    precompile: true,
    strictPath: true,
    handler: { standardHostname: false },
  })
    .onError(({ code, error, request }) => {
      // Elysia's own: no such route. Whatever a route throws was answered by the route.
      const refuse = () => {
        if (code !== "NOT_FOUND") throw error;
        return refuseRoute(request, tracker !== undefined);
      };
      return route(NO_ROUTE, refuse, OPEN)({ request });
    })
    .get("/health", route("/health", getHealth, OPEN), detailOf("/health"))
    .post("/order", route("/order", postOrder), { parse: "none", ...detailOf("/order") })
    .post("/orders/batch", route("/orders/batch", postBatch), {
      parse: "none",
      ...detailOf("/orders/batch"),
    });
  if (tracker !== undefined) {
    const getOrder = createOrderStateRoute({ tracker, onUnreadable: onError });
    app.get(ORDER_STATE_PATH, route(ORDER_STATE_PATH, getOrder), detailOf(ORDER_STATE_PATH));
  }
  served = app;
  const { getDocument, getPage } = createDocsRoutes(app);
  app.get("/openapi.json", route("/openapi.json", getDocument, OPEN), HIDDEN);
  app.get("/docs", route("/docs", getPage, OPEN), HIDDEN);
  return app;
}
