/** The services and the operator's command against a Kafka that asks who comes: SCRAM over TLS, by settings alone. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrders } from "./support/orders-command.ts";
import { onSecureCluster, passwords } from "./support/secure-cluster.ts";
import { createServiceProcess } from "./support/service-process.ts";
import { startSystem } from "./support/system.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(60_000);

const ORDERS = 20;

onSecureCluster("services", (cluster) => {
  let folder: string;
  let passwordFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "services-security-"));
    passwordFile = join(folder, "password");
    await Bun.write(passwordFile, `${passwords.alice}\n`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const environment = () => ({
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_SASL_USERNAME: "alice",
    KAFKA_SASL_PASSWORD_FILE: passwordFile,
    KAFKA_SSL_CA_FILE: cluster().certificates.caFile,
  });

  async function orders(words: readonly string[], own: Record<string, string>): Promise<[number, string]> {
    const ended = await runOrders([...words, "--brokers", cluster().brokers], { environment: own });
    return [ended.exitCode, ended.stdout + ended.stderr];
  }

  test("orders go all the way, and nobody prints the password", async () => {
    await using system = await startSystem({
      brokers: cluster().brokers,
      environment: { ...environment(), LOG_LEVEL: "trace", ANALYTICS_INTERVAL: "500ms" },
    });
    const response = await fetch(`${system.url}/orders/batch`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        orders: Array.from({ length: ORDERS }, () => ({ user_id: "user123", item: "Burger", quantity: 2 })),
      }),
    });
    expect(response.status).toBe(202);
    const { order_ids } = (await response.json()) as { order_ids: string[] };
    const state = await fetch(`${system.url}/orders/${order_ids[0]}?wait=5s`);
    expect(await state.json()).toMatchObject({ state: expect.stringMatching(/reserved|failed/) });
    await system.until("every order is decided and counted", async () => {
      const metrics = await system.metrics();
      return metrics?.total_orders === ORDERS && metrics.failed_orders + metrics.reserved_orders === ORDERS;
    });
    const [exitCode, said] = await orders(["verify", "--wait", "20s"], environment());
    expect([exitCode, said]).toEqual([0, expect.stringContaining(`${ORDERS}`)]);
    const lines = [system.producer, system.inventory, system.analytics].flatMap(({ lines }) => lines);
    expect(JSON.stringify(lines)).not.toContain(passwords.alice);
    expect(said).not.toContain(passwords.alice);
  });

  test("a wrong password is said, by a service that waits and by a command that ends", async () => {
    const wrong = { ...environment(), KAFKA_SASL_PASSWORD_FILE: "", KAFKA_SASL_PASSWORD: "wr0ng-secret" };
    const service = createServiceProcess({
      name: "inventory",
      environment: { KAFKA_BROKER: cluster().brokers, ...wrong },
    });
    service.spawn();
    await until("it says why it does not start", () => /[Aa]uthentication/.test(service.tail()), {
      deadlineMs: 20_000,
    });
    expect(service.tail()).not.toContain("wr0ng-secret");
    await service.stop();
    const [exitCode, said] = await orders(["lag"], wrong);
    expect([exitCode, said]).toEqual([1, expect.stringMatching(/[Aa]uthentication/)]);
    expect(said).not.toContain("wr0ng-secret");
    expect(said.trim().split("\n")).toHaveLength(1);
  });
});
