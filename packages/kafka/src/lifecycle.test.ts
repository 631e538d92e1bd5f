/** How clients end, in every way a program ends: with and without close, in workers, many at once, by the process's own end. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConsumer } from "./consumer.ts";
import { createProducer } from "./producer.ts";
import { useCluster } from "./test-cluster.ts";
import { liveHandles } from "./testing/index.ts";

setDefaultTimeout(30_000);

const { cluster } = useCluster({ topics: { orders: 3 } });
const folder = mkdtempSync(join(tmpdir(), "lifecycle-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program that has the package as `kafka` and the cluster's address as `brokers`. */
async function run(
  name: string,
  body: string,
): Promise<{ exitCode: number; signal: number | string | null; stdout: string; stderr: string }> {
  const file = join(folder, `${name}.ts`);
  const head = `import * as kafka from ${JSON.stringify(join(import.meta.dir, "index.ts"))};\nconst brokers = ${JSON.stringify(cluster.brokers)};\n`;
  await Bun.write(file, head + body);
  const program = Bun.spawn([process.execPath, file], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(program.stdout).text(),
    new Response(program.stderr).text(),
    program.exited,
  ]);
  return { exitCode, signal: program.signalCode, stdout: stdout.trim(), stderr };
}

test("a program that closes its clients ends by itself", async () => {
  const ended = await run(
    "closes",
    `const producer = kafka.createProducer({ brokers });
     const { partition } = await producer.send("orders", { value: "x", partition: 1 });
     await producer.close();
     console.log(partition);`,
  );
  expect(ended).toMatchObject({ exitCode: 0, signal: null, stdout: "1" });
});

test("process.exit() without close, in the middle of everything, is no crash", async () => {
  const ended = await run(
    "exits",
    `const producer = kafka.createProducer({ brokers });
     const consumer = kafka.createConsumer({ brokers, groupId: "exits", topics: ["orders"], autoOffsetReset: "earliest" });
     const transactional = kafka.createTransactionalProducer({ brokers, transactionalId: "exits" });
     await transactional.begin();
     for (let i = 0; i < 1000; i++) producer.send("orders", { value: String(i) }).catch(() => {});
     void consumer.run(() => {});
     void transactional.begin().catch(() => {});
     await producer.send("orders", { value: "last" });
     process.exit(7);`,
  );
  expect(ended).toMatchObject({ exitCode: 7, signal: null });
});

test("an uncaught error without close ends the program with its code, no crash", async () => {
  const ended = await run(
    "throws",
    `const producer = kafka.createProducer({ brokers });
     await producer.send("orders", { value: "x" });
     throw new Error("of the program");`,
  );
  expect(ended).toMatchObject({ exitCode: 1, signal: null });
  expect(ended.stderr).toContain("of the program");
});

test("a handler of the user's that throws is an uncaught error, and the client goes on", async () => {
  const ended = await run(
    "handler-throws",
    `let uncaught = 0;
     process.on("uncaughtException", () => uncaught++);
     const producer = kafka.createProducer({
       brokers,
       statisticsIntervalMs: 50,
       onStatistics: () => { throw new Error("of the handler"); },
     });
     while (uncaught < 3) await producer.send("orders", { value: "x" });
     await producer.close();
     console.log("went on");`,
  );
  expect(ended).toMatchObject({ exitCode: 0, signal: null, stdout: "went on" });
});

test("clients work inside workers, beside those of the main thread", async () => {
  const workerFile = join(folder, "worker.ts");
  await Bun.write(
    workerFile,
    `import { createProducer } from ${JSON.stringify(join(import.meta.dir, "index.ts"))};
     const producer = createProducer({ brokers: ${JSON.stringify(cluster.brokers)} });
     const delivery = await producer.sendBatch("orders", Array.from({ length: 500 }, (_, i) => ({ value: String(i) })));
     await producer.close();
     postMessage(delivery.length);`,
  );
  const ended = await run(
    "workers",
    `kafka.libraryVersion(); // the library is opened on the main thread first
     const producer = kafka.createProducer({ brokers });
     const workers = [1, 2].map(() => new Promise((resolve, reject) => {
       const worker = new Worker(${JSON.stringify(workerFile)});
       worker.onmessage = ({ data }) => resolve(data);
       worker.onerror = (event) => reject(new Error(event.message));
     }));
     await producer.send("orders", { value: "main" });
     console.log((await Promise.all(workers)).join(" "));
     await producer.close();
     process.exit(0);`,
  );
  expect(ended.stderr).toBe("");
  expect(ended).toMatchObject({ exitCode: 0, signal: null, stdout: "500 500" });
});

test("a worker that is terminated while it sends takes nothing with it that librdkafka still reads", async () => {
  const workerFile = join(folder, "terminated.ts");
  await Bun.write(
    workerFile,
    `import { createProducer } from ${JSON.stringify(join(import.meta.dir, "index.ts"))};
     const producer = createProducer({ brokers: ${JSON.stringify(cluster.brokers)}, lingerMs: 200 });
     for (let sent = 0; ; sent += 100) {
       await producer.ready(100);
       void producer.sendBatch("orders", Array.from({ length: 100 }, (_, i) => ({ value: "x".repeat(1000 + i) })));
       await new Promise((resolve) => setTimeout(resolve, 1));
       if (sent === 5_000) postMessage("sending");
     }`,
  );
  const ended = await run(
    "terminating",
    `kafka.libraryVersion();
     for (let i = 0; i < 3; i++) {
       const worker = new Worker(${JSON.stringify(workerFile)});
       await new Promise((resolve) => (worker.onmessage = resolve));
       worker.terminate();
       Bun.gc(true);
     }
     // What they had queued goes out meanwhile.
     const producer = kafka.createProducer({ brokers });
     await Bun.sleep(600);
     console.log((await producer.send("orders", { value: "main" })).topic);
     process.exit(0);`,
  );
  expect(ended).toMatchObject({ exitCode: 0, signal: null, stdout: "orders" });
});

test("fifty clients at once, closed together, leave nothing", async () => {
  const before = liveHandles();
  const producers = Array.from({ length: 25 }, () => createProducer({ brokers: cluster.brokers }));
  const consumers = Array.from({ length: 25 }, (_, i) =>
    createConsumer({
      brokers: cluster.brokers,
      groupId: `many-${i}`,
      topics: ["orders"],
      autoOffsetReset: "latest",
    }),
  );
  await Promise.all(producers.map((producer, i) => producer.send("orders", { value: `${i}` })));
  await Promise.all([...producers, ...consumers].map((client) => client.close()));
  expect(liveHandles()).toEqual(before);
});

test("creating and closing over and over neither leaks handles nor file descriptors", async () => {
  const descriptors = () =>
    [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
  const cycle = async () => {
    await using producer = createProducer({ brokers: cluster.brokers });
    await producer.describeCluster();
  };
  for (let i = 0; i < 5; i++) await cycle();
  const [handles, open] = [liveHandles(), descriptors()];
  for (let i = 0; i < 30; i++) await cycle();
  expect(liveHandles()).toEqual(handles);
  expect(descriptors()).toBeLessThanOrEqual(open + 2);
});
