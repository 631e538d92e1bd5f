// The asynchronous order service: puts the order into the queue, and answers once RabbitMQ has confirmed it.
import { connect, decisions, openChannel, orders, persistent } from "./broker.mjs";
import { encodeEvent, serveOrders } from "./own.mjs";

const connection = await connect();
const channel = await openChannel(connection);
const watcher = await openChannel(connection);

function confirmed(event) {
  return new Promise((resolve, reject) => {
    const onConfirm = (error) => (error ? reject(error) : resolve("accepted"));
    channel.sendToQueue(orders, Buffer.from(encodeEvent(event)), persistent, onConfirm);
  });
}

serveOrders(confirmed, {
  "/decided": async () => new Response(String((await watcher.checkQueue(decisions)).messageCount)),
});
