import { startApache } from "@campus/broker";
import { createProducer } from "@campus/kafka";
import { encodeEvent } from "@campus/events";
const cluster = await startApache();
const child = Bun.spawn([process.execPath, "packages/inventory/src/main.ts"], { cwd: "/work/main", env: { ...process.env, KAFKA_BROKER: cluster.brokers, MANAGEMENT_PORT: "0", LOG_LEVEL: "warning" }, stdio: ["ignore","inherit","inherit"] });
await Bun.sleep(4000);
const producer = createProducer({ brokers: cluster.brokers, lingerMs: 0.5, onLog() {} });
const order = () => { const id = crypto.randomUUID(); return { key: id, value: encodeEvent({ event_id: crypto.randomUUID(), event_type: "OrderPlaced", order_id: id, timestamp: new Date().toISOString(), payload: { user_id: "u", item: "b", quantity: 1 } }) }; };
const end = performance.now() + 8000;
while (performance.now() < end) { await producer.sendBatch("order-events", Array.from({length:20}, order)); await Bun.sleep(18); }
await producer.close(); child.kill("SIGTERM"); await child.exited; await cluster.stop(); process.exit(0);
