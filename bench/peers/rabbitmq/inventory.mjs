// The inventory: takes orders from their queue, decides each, puts the decision into the other queue, and acknowledges the order once RabbitMQ
// has confirmed that. It publishes by a connection of its own, as RabbitMQ advises: one that publishes may be held back.
import { connect, decisions, openChannel, orders, persistent } from "./broker.mjs";
import { decide, decodeEvent, encodeEvent } from "./own.mjs";

const prefetch = 2_000;

const incoming = await openChannel(await connect());
const outgoing = await openChannel(await connect());

/** Orders in the order they came; those at the front whose decisions are confirmed are acknowledged together. */
const open = [];
let isDue = false;

function acknowledge() {
  isDue = false;
  let count = 0;
  while (count < open.length && open[count].isConfirmed) count++;
  if (count > 0) incoming.ack(open.splice(0, count).at(-1).message, true);
}

function take(message) {
  const order = { message, isConfirmed: false };
  open.push(order);
  const { order_id } = decodeEvent(message.content);
  const decision = decide(order_id, new Date().toISOString(), () => crypto.randomUUID());
  outgoing.sendToQueue(decisions, Buffer.from(encodeEvent(decision)), persistent, (error) => {
    if (error) throw error;
    order.isConfirmed = true;
    if (isDue) return;
    isDue = true;
    setImmediate(acknowledge);
  });
}

await incoming.prefetch(prefetch);
await incoming.consume(orders, take);
