/** The order flow on RabbitMQ: an order service and an inventory, a durable queue from the one to the other, and one for the decisions. */
import { join, relative } from "node:path";
import { countAt, type OrderModel } from "../../harness/order-model.ts";
import { benchFolder, rootFolder } from "../../harness/out-folder.ts";
import { installPeer, type Peer } from "../../harness/peer.ts";
import { startService } from "../../harness/service-process.ts";
import { RunFailed } from "../../harness/subject-process.ts";
import { tellingLine } from "../../harness/telling-line.ts";
import { startProgram } from "../../harness/working-process.ts";
import { findRabbit, type RabbitPrograms, startRabbit } from "./server.ts";

interface Queues {
  readonly name: string;
  readonly type: "classic" | "quorum";
  readonly words: string;
  /** What a confirm stands for. */
  readonly confirmed: string;
}

const kinds: readonly Queues[] = [
  {
    name: "rabbitmq",
    type: "classic",
    words: "durable classic queues (version 2)",
    confirmed: "persistent, in the page cache as with Kafka",
  },
  {
    name: "rabbitmq-quorum",
    type: "quorum",
    words: "quorum queues of one member",
    confirmed: "persistent, flushed to the disk, which Kafka does not",
  },
];

/** What the peers share with the services: the front, the events, the rule. */
async function writeOwnModule(folder: string): Promise<void> {
  const from = (path: string) => JSON.stringify(relative(folder, path));
  const lines = [
    `export { decodeEvent, encodeEvent } from ${from(join(rootFolder, "packages/events/src/index.ts"))};`,
    `export { decide, isReserved } from ${from(join(rootFolder, "packages/inventory/src/reservation.ts"))};`,
    `export { serveOrders } from ${from(join(benchFolder, "subjects/order-front.ts"))};`,
  ];
  await Bun.write(join(folder, "own.mjs"), `${lines.join("\n")}\n`);
}

/** @throws RunFailed unless each of the orders has one decision, by the rule */
async function verifyDecisions(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  placed: number,
): Promise<void> {
  const env = { ...process.env, ...environment };
  const child = Bun.spawn([...command], { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode !== 0) throw new RunFailed(`the decisions could not be read: ${tellingLine(stderr)}`);
  const { read, orders, wrong } = JSON.parse(stdout) as { read: number; orders: number; wrong: number };
  if (wrong > 0) throw new RunFailed(`${wrong} of ${read} decisions are not by the rule`);
  if (read !== orders) throw new RunFailed(`${read - orders} of ${read} decisions are repeated`);
  if (orders !== placed) throw new RunFailed(`${placed} orders were confirmed, and ${orders} are decided`);
}

function rabbitSystem(
  { name, type, words, confirmed }: Queues,
  folder: string,
  programs: RabbitPrograms,
): OrderModel {
  const program = (file: string) => [process.execPath, join(folder, file)];
  return {
    name,
    title: `RabbitMQ and amqplib on Bun, ${words}`,
    delivery: `202 after the publisher confirm: ${confirmed}; decided at least once`,
    async start({ signal }) {
      await using started = new AsyncDisposableStack();
      const server = started.use(await startRabbit(programs, signal));
      const environment = { BENCH_AMQP: server.url, BENCH_QUEUE_TYPE: type };
      const orders = await startService({ command: program("order-service.mjs") }, environment, signal);
      started.defer(() => orders.stop());
      const inventory = startProgram({ command: program("inventory.mjs"), environment, cwd: folder }, signal);
      started.defer(() => inventory.stop());
      const running = started.move();
      const placed = () => countAt(`${orders.url}/placed`);
      return {
        url: orders.url,
        placed,
        decided: () => Promise.race([countAt(`${orders.url}/decided`), inventory.ended]),
        verify: async () => verifyDecisions(program("decisions.mjs"), environment, await placed()),
        [Symbol.asyncDispose]: () => running.disposeAsync(),
      };
    },
  };
}

export const rabbitmq: Peer = {
  name: "rabbitmq",
  title: "the order flow on RabbitMQ (Debian's rabbitmq-server) with publisher confirms",
  isFramework: true,
  async prepare(context) {
    const programs = await findRabbit();
    const folder = await installPeer(
      {
        name: "rabbitmq",
        manifests: ["package.json", "bun.lock"],
        commands: [[process.execPath, "install", "--frozen-lockfile"]],
        everyTime: writeOwnModule,
      },
      context,
    );
    return {
      name: "rabbitmq",
      versions: { rabbitmq: programs.version, amqplib: "2.3.1" },
      subjects: [],
      systems: kinds.map((kind) => rabbitSystem(kind, folder, programs)),
    };
  },
};
