/**
 * The HTTP side of an order service, alike for every model of what happens behind it: the producer service's checks, ids and events, on
 * Bun.serve. Listens on PORT; `GET /placed` says how many orders were answered with a 202 or would have been, had the client waited.
 */
import type { OrderPlaced } from "@campus/events";
import { createOrderPlacer } from "../../packages/producer/src/order.ts";
import { isOrder } from "../../packages/producer/src/validation.ts";

const headers = { "content-type": "application/json" };
const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status, headers });

/**
 * @param settle does what must be done before an order is answered; resolves to its status in the answer
 * @param routes besides
 */
export function serveOrders(
  settle: (event: OrderPlaced) => Promise<string>,
  routes: Readonly<Record<string, () => Promise<Response>>> = {},
): void {
  const place = createOrderPlacer();
  let placed = 0;

  async function postOrder(request: Request): Promise<Response> {
    const order = await request.json().catch(() => undefined);
    if (!isOrder(order)) return answer(400, { detail: "this is no order" });
    const event = place(order);
    try {
      const status = await settle(event);
      placed++;
      return answer(202, { order_id: event.order_id, status, timestamp: event.timestamp });
    } catch (error) {
      return answer(503, { detail: error instanceof Error ? error.message : String(error) });
    }
  }

  Bun.serve({
    hostname: "127.0.0.1",
    port: Number(process.env.PORT),
    development: false,
    routes: {
      "/health": new Response("ok"),
      "/placed": () => new Response(String(placed)),
      "/order": { POST: postOrder },
      ...routes,
    },
  });
}
