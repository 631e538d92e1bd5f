// Reads the queue of decisions to its end and prints one line of JSON about it.
import { connect, decisions, openChannel } from "./broker.mjs";
import { decodeEvent, isReserved } from "./own.mjs";

const connection = await connect();
const channel = await openChannel(connection);
const { messageCount } = await channel.checkQueue(decisions);
const ids = new Set();
let [read, wrong] = [0, 0];

if (messageCount > 0) {
  await new Promise((resolve) => {
    const look = ({ content }) => {
      const { event_type, order_id, success } = decodeEvent(content);
      if (event_type === "OrderPlaced" || success !== isReserved(order_id)) wrong++;
      ids.add(order_id);
      if (++read === messageCount) resolve();
    };
    channel.consume(decisions, look, { noAck: true });
  });
}
console.log(JSON.stringify({ read, orders: ids.size, wrong }));
await connection.close();
