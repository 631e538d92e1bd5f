/**
 * The same order intake without Kafka: Elysia with the same schemas, answering at once. What is between it and the producer service is what
 * the service's own checks, Kafka and waiting for it cost.
 */
import { OrderBatchRequest, OrderRequest } from "@campus/events";
import { Elysia } from "elysia";

const json = { "content-type": "application/json" };

new Elysia()
  .get("/health", () => "ok")
  .post(
    "/order",
    () =>
      new Response(
        JSON.stringify({
          order_id: crypto.randomUUID(),
          status: "accepted",
          message: "Order published to Kafka",
          timestamp: new Date().toISOString(),
        }),
        { status: 202, headers: json },
      ),
    { body: OrderRequest },
  )
  .post(
    "/orders/batch",
    ({ body: { orders } }) => {
      const ids = orders.map(() => crypto.randomUUID());
      const timestamp = new Date().toISOString();
      const message = "Orders published to Kafka";
      return new Response(
        JSON.stringify({ status: "accepted", message, timestamp, accepted: ids.length, order_ids: ids }),
        { status: 202, headers: json },
      );
    },
    { body: OrderBatchRequest },
  )
  .listen({ hostname: "127.0.0.1", port: Number(process.env.PORT), development: false });
