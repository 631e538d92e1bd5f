// The producer service as a Node team would build it: Fastify and the official client by its fastest interface (produce with delivery reports).
// The same checks and the same events as ours; an order is answered once Kafka has acknowledged it.
import Kafka from "@confluentinc/kafka-javascript";
import Fastify from "fastify";
import { librdkafkaProperties } from "./subject.mjs";

const topic = "order-events";
const ackTimeoutMs = 5_000;

const producer = new Kafka.Producer({ ...librdkafkaProperties("PRODUCER"), dr_cb: true });
// The opaque of a record is what its report is told to.
producer.on("delivery-report", (error, { opaque }) => opaque(error));
await new Promise((resolve, reject) => producer.connect({}, (error) => (error ? reject(error) : resolve())));
producer.setPollInBackground(true);

const order = {
  type: "object",
  additionalProperties: false,
  required: ["user_id", "item", "quantity"],
  properties: {
    user_id: { type: "string", minLength: 1, maxLength: 128 },
    item: { type: "string", minLength: 1, maxLength: 256 },
    quantity: { type: "integer", minimum: 1, maximum: 1000 },
  },
};
const batch = {
  type: "object",
  additionalProperties: false,
  required: ["orders"],
  properties: { orders: { type: "array", minItems: 1, maxItems: 1000, items: order } },
};
const text = { type: "string" };
const accepted = {
  type: "object",
  properties: { order_id: text, status: text, message: text, timestamp: text },
};
const acceptedBatch = {
  type: "object",
  properties: {
    status: text,
    message: text,
    timestamp: text,
    accepted: { type: "integer" },
    order_ids: { type: "array", items: text },
  },
};

function send(orderId, timestamp, payload, onReport) {
  const event = {
    event_id: crypto.randomUUID(),
    event_type: "OrderPlaced",
    order_id: orderId,
    timestamp,
    payload,
  };
  producer.produce(topic, null, Buffer.from(JSON.stringify(event)), orderId, null, onReport);
}

/** One timer and one promise for all of a request's orders. */
function acknowledged(orders, ids, timestamp) {
  return new Promise((resolve, reject) => {
    let left = orders.length;
    const timer = setTimeout(() => reject(new Error("Kafka did not acknowledge in time")), ackTimeoutMs);
    const onReport = (error) => {
      if (error) reject(error);
      else if (--left === 0) {
        clearTimeout(timer);
        resolve();
      }
    };
    for (const [i, payload] of orders.entries()) send(ids[i], timestamp, payload, onReport);
  });
}

const app = Fastify({
  bodyLimit: 1 << 20,
  ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
});
app.get("/health", async () => "ok");
app.post("/order", { schema: { body: order, response: { 202: accepted } } }, async (request, reply) => {
  const orderId = crypto.randomUUID();
  const timestamp = new Date().toISOString();
  await acknowledged([request.body], [orderId], timestamp);
  reply.code(202);
  return { order_id: orderId, status: "accepted", message: "Order published to Kafka", timestamp };
});
app.post(
  "/orders/batch",
  { schema: { body: batch, response: { 202: acceptedBatch } } },
  async (request, reply) => {
    const { orders } = request.body;
    const ids = orders.map(() => crypto.randomUUID());
    const timestamp = new Date().toISOString();
    await acknowledged(orders, ids, timestamp);
    reply.code(202);
    return {
      status: "accepted",
      message: "Orders published to Kafka",
      timestamp,
      accepted: ids.length,
      order_ids: ids,
    };
  },
);
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });

process.once("SIGTERM", async () => {
  await app.close();
  producer.flush(5_000, () => producer.disconnect(() => process.exit(0)));
});
