/**
 * The ceiling of an HTTP generator: a server that answers every order at once, without looking at it or telling anyone. What a generator
 * reaches here it can't be asked to exceed elsewhere.
 */
const answer = JSON.stringify({
  order_id: crypto.randomUUID(),
  status: "accepted",
  message: "Order published to Kafka",
  timestamp: new Date().toISOString(),
});
const init = { status: 202, headers: { "content-type": "application/json" } };

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  development: false,
  routes: {
    "/health": new Response("ok"),
    "/order": { POST: () => new Response(answer, init) },
    "/orders/batch": { POST: () => new Response(answer, init) },
  },
});
