// The queues, of BENCH_QUEUE_TYPE, on the server at BENCH_AMQP. What is put into one outlives
// the server (`persistent`).
import amqp from "amqplib";

export const orders = "order-events";
export const decisions = "inventory-events";
export const persistent = { persistent: true, contentType: "application/json" };

/** Of classic queues the newer kind: it does not flush its files to the disk for a confirm, and neither does Kafka. */
const kinds = {
  classic: { "x-queue-type": "classic", "x-queue-version": 2 },
  quorum: { "x-queue-type": "quorum" },
};

export function connect() {
  // Without it small frames wait for the acknowledgement of those before them.
  return amqp.connect(process.env.BENCH_AMQP, { noDelay: true });
}

/** A channel with publisher confirms, on which both queues are there. */
export async function openChannel(connection) {
  const channel = await connection.createConfirmChannel();
  const options = { durable: true, arguments: kinds[process.env.BENCH_QUEUE_TYPE] };
  for (const queue of [orders, decisions]) await channel.assertQueue(queue, options);
  return channel;
}
