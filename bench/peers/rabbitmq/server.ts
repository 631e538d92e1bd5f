/**
 * A RabbitMQ server of the bench's own: one node on 127.0.0.1, on free ports, with its data in a temporary folder. Its Erlang wants a name server
 * (epmd), which it would start as a daemon that outlives it; so that is started here, too, on a port of its own, and both end by their
 * own process ids.
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "@campus/broker";
import { PeerUnavailable, requireProgram } from "../../harness/peer.ts";
import { RunFailed } from "../../harness/subject-process.ts";
import { tellingLine } from "../../harness/telling-line.ts";

const address = "127.0.0.1";
const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const retryMs = 50;
/** Debian's `rabbitmq-server` on PATH changes to a user of its own; this is the script behind it, which runs as whoever calls it. */
const debianScript = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const install = "`apt-get install rabbitmq-server`";

export interface RabbitPrograms {
  readonly server: string;
  readonly version: string;
  readonly epmd: string;
}

/** @throws PeerUnavailable */
export async function findRabbit(): Promise<RabbitPrograms> {
  const server = (await Bun.file(debianScript).exists()) ? debianScript : Bun.which("rabbitmq-server");
  if (!server) throw new PeerUnavailable(`no \`rabbitmq-server\`: ${install}`);
  return {
    server,
    // `rabbitmqctl version` would leave a daemon behind.
    version: /rabbitmq_server-([^/]+)/.exec(await realpath(server))?.[1] ?? "unknown",
    epmd: requireProgram("epmd", `Erlang's name server, which comes with ${install}`),
  };
}

export interface RabbitServer extends AsyncDisposable {
  readonly url: string;
}

/** Resolves once it takes connections. @throws RunFailed with what it said when it does not come up */
export async function startRabbit(
  { server, epmd }: RabbitPrograms,
  signal: AbortSignal,
): Promise<RabbitServer> {
  const folder = await mkdtemp(join(tmpdir(), "bench-rabbitmq-"));
  const [port, distPort, epmdPort] = freePorts(3) as [number, number, number];
  const env = { ...process.env, ...environmentOf(folder, port, distPort, epmdPort) };
  await Bun.write(join(folder, "rabbitmq.conf"), "log.console.level = error\n");
  await Bun.write(join(folder, "enabled_plugins"), "[].\n");
  const names = Bun.spawn([epmd], { env, cwd: folder, stdio: ["ignore", "ignore", "ignore"] });
  const node = Bun.spawn([server], { env, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const said = Promise.all([node.stdout.text(), node.stderr.text()]);
  const stop = async (): Promise<void> => {
    await endNode(node, join(folder, "pid"));
    names.kill("SIGTERM");
    await names.exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const deadline = performance.now() + startTimeoutMs;
    while (!(await isListening(port))) {
      signal.throwIfAborted();
      if (node.exitCode !== null || performance.now() > deadline) break;
      await Bun.sleep(retryMs);
    }
    if (node.exitCode !== null || performance.now() > deadline) {
      await endNode(node, join(folder, "pid"));
      throw new RunFailed(`RabbitMQ did not come up: ${tellingLine((await said).join("\n"))}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `amqp://guest:guest@${address}:${port}`, [Symbol.asyncDispose]: stop };
}

/** Everything in `folder`, and nothing of a RabbitMQ that is set up on this machine. */
function environmentOf(folder: string, port: number, distPort: number, epmdPort: number) {
  return {
    HOME: folder, // of Erlang's cookie
    ERL_EPMD_ADDRESS: address,
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: `bench-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: address,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    RABBITMQ_CONF_ENV_FILE: join(folder, "rabbitmq-env.conf"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "advanced.config"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "generated"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_PID_FILE: join(folder, "pid"),
  };
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Bun.connect({ hostname: address, port, socket: { data() {} } })).end();
    return true;
  } catch {
    return false; // not yet
  }
}

/** SIGTERM, which the script passes on to its Erlang; where that does not help, SIGKILL to both. */
async function endNode(script: Bun.Subprocess, pidFile: string): Promise<void> {
  script.kill("SIGTERM");
  const timer = setTimeout(async () => {
    const pid = Number(
      await Bun.file(pidFile)
        .text()
        .catch(() => ""),
    );
    if (pid > 0) process.kill(pid, "SIGKILL");
    script.kill("SIGKILL");
  }, stopTimeoutMs);
  await script.exited;
  clearTimeout(timer);
}
