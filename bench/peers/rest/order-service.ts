/** The synchronous order service: asks the inventory in line, and answers once that has. What it was told is kept nowhere. */
import { encodeEvent } from "@campus/events";
import { serveOrders } from "../../subjects/order-front.ts";
import { KeptConnections } from "./kept-connections.ts";

const inventory = new KeptConnections(process.env.BENCH_INVENTORY!);

serveOrders(async (event) => {
  const { status, body } = await inventory.post("/reserve", encodeEvent(event));
  if (status !== 200) throw new Error(`the inventory answered ${status}`);
  const { success } = JSON.parse(body) as { success: boolean };
  return success ? "reserved" : "failed";
});
