/**
 * Real Apache Kafka, started, killed, frozen and restarted by packages/broker. Needs Java and, the first time, Maven: where
 * they are missing this says so and skips, but in CI that is a failure.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { exists, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ApacheCluster,
  apacheAvailable,
  BrokerError,
  consoleConsumer,
  consoleProducer,
  describeGroup,
  freePorts,
  kafkaTopics,
  startApache,
} from "@campus/broker";
import { until } from "./support/until.ts";

const available = await apacheAvailable();
if (!available.ok) {
  if (process.env.CI) throw new Error(`CI must test against Apache Kafka, and can't: ${available.reason}`);
  console.warn(`Skipped, not tested: Apache Kafka clusters. ${available.reason}`);
}

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "campus apache-")); // a space in it, as on many a user's machine
  folders.push(folder);
  return folder;
}

/** A killed node comes back when the cluster has given it up; by default that takes 9 s. */
const QUICK_SESSIONS = { "broker.session.timeout.ms": 1_500, "broker.heartbeat.interval.ms": 300 };
const START_MS = 120_000; // a deadline for a loaded machine; alone it takes seconds

function isAlive(pid: number): boolean {
  const state = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  return state !== "" && !state.startsWith("Z");
}

async function createTopic(cluster: ApacheCluster, topic: string): Promise<void> {
  const created = await kafkaTopics(cluster.brokers, ["--create", "--topic", topic, "--partitions", "3"]);
  expect(created).toMatchObject({ exitCode: 0 });
}

async function produce(cluster: ApacheCluster, topic: string, values: string[]): Promise<void> {
  const options = { stdin: values.map((value) => `${value}\n`).join("") };
  const sent = await consoleProducer(
    cluster.brokers,
    ["--topic", topic, "--command-property", "acks=all"],
    options,
  );
  expect(sent).toMatchObject({ exitCode: 0 });
  expect(sent.stderr).not.toContain("ERROR");
}

async function consume(
  cluster: ApacheCluster,
  topic: string,
  count: number,
  more: string[] = [],
): Promise<string[]> {
  const args = [
    "--topic",
    topic,
    "--from-beginning",
    "--max-messages",
    String(count),
    "--timeout-ms",
    "20000",
  ];
  const { stdout } = await consoleConsumer(cluster.brokers, [...args, ...more]);
  return stdout.trim().split("\n").sort();
}

async function refusal(work: Promise<unknown>): Promise<BrokerError> {
  const error = await work.then(
    () => expect.unreachable(),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(BrokerError);
  return error;
}

describe.skipIf(!available.ok)("one temporary node", () => {
  test(
    "serves the stock tools, survives kill -9 with its data, and leaves nothing behind",
    async () => {
      const unexpected: number[] = [];
      const cluster = await startApache({
        properties: QUICK_SESSIONS,
        onNodeExit: ({ id }) => unexpected.push(id),
      });
      const [node] = cluster.nodes;
      await createTopic(cluster, "orders");
      await produce(cluster, "orders", ["a", "b", "c"]);
      expect(await consume(cluster, "orders", 3, ["--group", "readers"])).toEqual(["a", "b", "c"]);
      const rows = await describeGroup(cluster.brokers, "readers");
      expect(rows.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      expect(rows.reduce((sum, { currentOffset }) => sum + currentOffset!, 0)).toBe(3);
      expect(rows.every(({ lag }) => lag === 0)).toBe(true);
      expect((await refusal(describeGroup(cluster.brokers, "nobody"))).message).toContain("nobody");

      const { pid, port } = node!;
      await node!.kill("SIGKILL");
      expect(isAlive(pid!)).toBe(false);
      expect(node!.pid).toBeUndefined();
      expect((await refusal(node!.kill("SIGTERM"))).code).toBe("NODE_STATE");
      await node!.restart();
      expect(node!.port).toBe(port);
      expect(node!.pid).not.toBe(pid!);
      expect(await consume(cluster, "orders", 3)).toEqual(["a", "b", "c"]);

      const last = node!.pid!;
      await Promise.all([cluster.stop(), cluster.stop()]);
      expect(isAlive(last)).toBe(false);
      expect(await exists(cluster.dataDir)).toBe(false);
      expect(unexpected).toEqual([]);
      expect((await refusal(node!.restart())).code).toBe("NODE_STATE");
    },
    START_MS,
  );

  test(
    "dies within seconds of its owner's kill -9, and takes its data along",
    async () => {
      const script = `
        const { startApache } = await import(${JSON.stringify(Bun.resolveSync("@campus/broker", import.meta.dir))});
        const cluster = await startApache();
        console.log(JSON.stringify({ pid: cluster.nodes[0].pid, dataDir: cluster.dataDir }));`;
      const owner = Bun.spawn([process.execPath, "-e", script], { cwd: import.meta.dir, stdout: "pipe" });
      const { value } = await owner.stdout.getReader().read();
      const { pid, dataDir } = JSON.parse(new TextDecoder().decode(value)) as {
        pid: number;
        dataDir: string;
      };
      expect(isAlive(pid)).toBe(true);
      owner.kill("SIGKILL");
      await until("the node is gone", () => !isAlive(pid), { deadlineMs: 2_000 });
      await until("its data is gone", async () => !(await exists(dataDir)), { deadlineMs: 5_000 });
    },
    START_MS,
  );

  test("a setting Kafka refuses is quoted from its log, and nothing is left running", async () => {
    const error = await refusal(startApache({ properties: { "num.io.threads": "many" } }));
    expect(error.code).toBe("START_FAILED");
    expect(error.message).toContain("num.io.threads");
    expect(error.message).toContain("kafka.log");
  }, 20_000);
});

describe.skipIf(!available.ok)("a kept cluster", () => {
  test(
    "has its ports and its data again, and is for one owner at a time",
    async () => {
      const dataDir = join(await scratch(), "data");
      const [port] = freePorts(1) as [number];
      const first = await startApache({ dataDir, port });
      expect(first.brokers).toBe(`127.0.0.1:${port}`);
      await createTopic(first, "orders");
      expect((await refusal(startApache({ dataDir }))).code).toBe("DATA_IN_USE");
      await first.stop();

      expect((await refusal(startApache({ dataDir, nodes: 3 }))).code).toBe("DATA_MISMATCH");
      await using second = await startApache({ dataDir });
      expect(second).toMatchObject({ brokers: first.brokers, clusterId: first.clusterId });
      expect((await kafkaTopics(second.brokers, ["--list"])).stdout).toContain("orders\n");
      const other = await refusal(startApache({ dataDir: `${dataDir}-2`, port }));
      expect(other.code).toBe("PORT_TAKEN");
      expect(other.message).toContain(String(port));
    },
    START_MS,
  );
});

describe.skipIf(!available.ok)("three nodes", () => {
  test(
    "write while one is gone, take it back, and read while another is",
    async () => {
      await using cluster = await startApache({ nodes: 3, properties: QUICK_SESSIONS });
      const [one, two] = cluster.nodes;
      await createTopic(cluster, "orders");
      const { stdout } = await kafkaTopics(cluster.brokers, ["--describe", "--topic", "orders"]);
      expect(stdout).toContain("ReplicationFactor: 3\tConfigs: min.insync.replicas=2");

      await one!.kill("SIGKILL");
      await produce(cluster, "orders", ["while one is gone"]);
      await one!.restart();
      await two!.kill("SIGSTOP");
      await two!.kill("SIGCONT");
      await two!.kill("SIGSTOP");
      await two!.stop(); // a frozen node can be stopped
      expect(await consume(cluster, "orders", 1)).toEqual(["while one is gone"]);
    },
    START_MS,
  );
});

describe.skipIf(!available.ok)("bun run kafka", () => {
  const main = join(import.meta.dir, "../packages/broker/src/main.ts");

  test(
    "prints the line to export; stops on Ctrl-C with 0; says when a node dies, with exit code 1",
    async () => {
      const dataDir = join(await scratch(), "data");
      const [port] = freePorts(1) as [number];
      const start = async (): Promise<{ child: Bun.Subprocess<"ignore", "pipe", "pipe">; pid: number }> => {
        const args = ["--data", dataDir, "--port", String(port)];
        const child = Bun.spawn([process.execPath, main, ...args], {
          stdin: "ignore",
          stdout: "pipe",
          stderr: "pipe",
        });
        let said = "";
        for await (const chunk of child.stdout) {
          said += new TextDecoder().decode(chunk);
          if (said.includes(`\nexport KAFKA_BROKER=127.0.0.1:${port}\n`)) break;
        }
        return { child, pid: Number(/pid (\d+)/.exec(said)![1]) };
      };
      const first = await start();
      first.child.kill("SIGINT");
      expect(await first.child.exited).toBe(0);
      expect(isAlive(first.pid)).toBe(false);

      const second = await start();
      process.kill(second.pid, "SIGKILL");
      expect(await second.child.exited).toBe(1);
      expect(await second.child.stderr.text()).toMatch(
        /Node 1 .* was killed by SIGKILL, without being asked to/,
      );
    },
    START_MS,
  );
});
