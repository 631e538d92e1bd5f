/** Clients come and go without a trace: no handle left, no process kept alive, no crash on any way out. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createCluster, liveHandles, type MockCluster } from "@campus/kafka/testing";
import Kafka, { KafkaJS } from "./index.js";

setDefaultTimeout(60_000);

let cluster: MockCluster;
let before: Record<string, number>;

beforeAll(() => {
  cluster = createCluster({ topics: { orders: 2 } });
  before = liveHandles();
});
afterAll(() => cluster.close());

type Client = Kafka.Producer | Kafka.KafkaConsumer;

const settings = () => ({ "bootstrap.servers": cluster.brokers });
const groupSettings = (group: string) => ({ ...settings(), "group.id": group, "session.timeout.ms": 2_000 });
const connect = (client: Client) =>
  new Promise<void>((resolve, reject) => {
    (client as Kafka.Producer).connect({}, (error) => (error ? reject(error) : resolve()));
  });
const disconnect = (client: Client) =>
  new Promise<void>((resolve) => (client as Kafka.Producer).disconnect(() => resolve()));

/** Runs a program in a process of its own; it must end by itself. */
async function run(program: string): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  const child = Bun.spawn([process.execPath, "-e", program], {
    cwd: import.meta.dir,
    env: { ...process.env, BROKERS: cluster.brokers },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout: stdout.trim(), stderr, exitCode: child.signalCode ? null : child.exitCode };
}

const open = `
  const { default: Kafka, KafkaJS } = await import("./index.js");
  const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: [process.env.BROKERS], logLevel: 0 } });
  const producer = kafka.producer();
  const consumer = kafka.consumer({ kafkaJS: { groupId: "g" + process.pid, fromBeginning: true }, "session.timeout.ms": 2000 });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), consumer.connect(), admin.connect()]);
  await consumer.subscribe({ topic: "orders" });
  const { promise, resolve } = Promise.withResolvers();
  consumer.run({ eachMessage: async () => resolve() });
  await producer.send({ topic: "orders", messages: [{ value: "v" }] });
  await promise;`;

test("nothing is left of many clients", async () => {
  for (let round = 0; round < 3; round++) {
    const clients: Client[] = [0, 1, 2].flatMap((i) => [
      new Kafka.Producer(settings()),
      new Kafka.KafkaConsumer(groupSettings(`many-${i}`)),
    ]);
    await Promise.all(clients.map(connect));
    const admin = Kafka.AdminClient.create(settings());
    await Promise.all(clients.map(disconnect));
    admin.disconnect();
  }
  // An admin client's disconnect has no callback to wait for.
  const deadline = performance.now() + 5_000;
  while (!Bun.deepEquals(liveHandles(), before) && performance.now() < deadline) await Bun.sleep(5);
  expect(liveHandles()).toEqual(before);
});

test("a refused configuration leaves nothing", () => {
  for (const make of [
    () => new Kafka.Producer({ "no.such.setting": 1 } as never),
    () => new Kafka.Producer({}, { "no.such.setting": 1 } as never),
    () => new Kafka.KafkaConsumer({ "linger.ms": "soon" } as never, {}),
  ])
    expect(make).toThrow();
  expect(liveHandles()).toEqual(before);
});

test("a client that can't be connected leaves nothing, and may be connected later", async () => {
  const consumer = new Kafka.KafkaConsumer(settings() as never);
  const error = await connect(consumer).catch((caught: Error) => caught);
  expect((error as Error).message).toContain("group.id");
  expect(liveHandles()).toEqual(before);
  const producer = new Kafka.Producer(settings());
  for (let i = 0; i < 3; i++) {
    await connect(producer);
    await disconnect(producer);
  }
  expect(liveHandles()).toEqual(before);
});

test("disconnecting ends what is under way", async () => {
  const consumer = new Kafka.KafkaConsumer(groupSettings("under-way"), {});
  await connect(consumer);
  consumer.setDefaultConsumeTimeout(60_000);
  consumer.subscribe(["orders"]);
  const consumed = new Promise((resolve) => consumer.consume(1_000_000, (...outcome) => resolve(outcome)));
  const metadata = new Promise((resolve) => consumer.getMetadata({}, (error) => resolve(error)));
  await disconnect(consumer);
  expect(await consumed).toMatchObject([null, expect.any(Array)]);
  expect(await metadata).toBeNull();
  expect(liveHandles()).toEqual(before);
});

test("an admin client disconnected with a request under way gives its answer first", async () => {
  const admin = Kafka.AdminClient.create(settings());
  const listed = new Promise((resolve) =>
    admin.describeTopics(["orders"], {}, (error, topics) => resolve(error ?? topics[0]!.name)),
  );
  admin.disconnect();
  expect(await listed).toBe("orders");
  const deadline = performance.now() + 5_000;
  while (!Bun.deepEquals(liveHandles(), before) && performance.now() < deadline) await Bun.sleep(5);
  expect(liveHandles()).toEqual(before);
});

test("a process with disconnected clients ends by itself", async () => {
  const program = `${open}
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
    await admin.disconnect();
    console.log("disconnected");`;
  expect(await run(program)).toEqual({ stdout: "disconnected", stderr: "", exitCode: 0 });
});

test("a connected client keeps its process alive, and exiting without disconnect is no crash", async () => {
  const program = `${open} setTimeout(() => { console.log("alive"); process.exit(3); }, 300).unref();`;
  expect(await run(program)).toEqual({ stdout: "alive", stderr: "", exitCode: 3 });
});

test("an uncaught error ends the process as any does", async () => {
  const program = `${open} setTimeout(() => { throw new Error("on purpose"); }, 10);`;
  const { stderr, exitCode } = await run(program);
  expect(stderr).toContain("on purpose");
  expect(exitCode).toBe(1);
});

test("a callback that throws is uncaught, and the client goes on", async () => {
  const program = `
    const { default: Kafka } = await import("./index.js");
    const producer = new Kafka.Producer({ "bootstrap.servers": process.env.BROKERS, dr_cb: true });
    const errors = [];
    process.on("uncaughtException", (error) => errors.push(error.message));
    let reports = 0;
    producer.on("delivery-report", () => { reports++; throw new Error("report " + reports); });
    await new Promise((resolve) => producer.connect({}, resolve));
    for (let i = 0; i < 3; i++) producer.produce("orders", 0, Buffer.from("x"));
    await new Promise((resolve) => producer.flush(10_000, resolve));
    await new Promise((resolve) => producer.disconnect(resolve));
    console.log(reports, errors.join());`;
  expect(await run(program)).toMatchObject({ stdout: "3 report 1,report 2,report 3", exitCode: 0 });
});

test("in a worker", async () => {
  const worker = new Worker(
    URL.createObjectURL(
      new Blob([
        `const { KafkaJS } = await import(${JSON.stringify(`${import.meta.dir}/index.js`)});
         const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: ["${cluster.brokers}"], logLevel: 0 } });
         const producer = kafka.producer();
         await producer.connect();
         const [sent] = await producer.send({ topic: "orders", messages: [{ value: "from a worker" }] });
         await producer.disconnect();
         postMessage(sent.topicName);`,
      ]),
    ),
  );
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
  expect(answer).toBe("orders");
});

test("the promises' interface disconnects twice, and before it connected", async () => {
  const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: [cluster.brokers], logLevel: 0 } });
  const producer = kafka.producer();
  await producer.disconnect();
  const again = kafka.producer();
  await again.connect();
  await again.disconnect();
  await again.disconnect();
  expect(liveHandles()).toEqual(before);
});

test("steps of bun test that run the event loop until a promise settles", async () => {
  const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: [cluster.brokers], logLevel: 0 } });
  const producer = kafka.producer();
  await producer.connect();
  await expect(producer.flush({ timeout: 5_000 })).resolves.toBeUndefined();
  const admin = producer.dependentAdmin();
  await admin.connect();
  await expect(admin.listTopics()).resolves.toContain("orders");
  // An answer within the first millisecond is too late as well.
  for (let i = 0; i < 20; i++)
    await expect(admin.listGroups({ timeout: 0 })).rejects.toMatchObject({ code: -185 });
  await expect(admin.disconnect()).resolves.toBeUndefined();
  await expect(producer.disconnect()).resolves.toBeUndefined();
  expect(liveHandles()).toEqual(before);
});
