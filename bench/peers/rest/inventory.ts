/** The inventory as a service over HTTP: takes BENCH_DELAY_MS for an order, as what is behind it would, then decides by the rule and answers. */
import { decodeEvent } from "@campus/events";
import { decide } from "../../../packages/inventory/src/reservation.ts";

const delayMs = Number(process.env.BENCH_DELAY_MS);
const headers = { "content-type": "application/json" };
let decided = 0;

async function reserve(request: Request): Promise<Response> {
  const { order_id } = decodeEvent(await request.bytes());
  if (delayMs > 0) await Bun.sleep(delayMs);
  const decision = decide(order_id, new Date().toISOString(), () => crypto.randomUUID());
  decided++;
  return new Response(JSON.stringify(decision), { headers });
}

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  development: false,
  // Connections of the order service that are idle for a while are kept.
  idleTimeout: 255,
  routes: {
    "/health": new Response("ok"),
    "/decided": () => new Response(String(decided)),
    "/reserve": { POST: reserve },
  },
});
