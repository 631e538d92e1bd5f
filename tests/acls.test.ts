/** The ACLs that the README says the services need are enough: on a Kafka that refuses everything else. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type ApacheCluster, runTool, startApache } from "@campus/broker";
import { describeOnApache } from "./support/apache.ts";
import { postJson } from "./support/http.ts";
import { runOrders } from "./support/orders-command.ts";
import { readmeFile } from "./support/readme-settings.ts";
import type { ServiceName } from "./support/service-process.ts";
import { createServiceProcess } from "./support/service-process.ts";
import { startSystem } from "./support/system.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(90_000);

const USERS = ["producer", "inventory", "analytics"] as const;
const ORDERS = 50;

/** What a user may do with some resources. */
interface Grant {
  readonly user: ServiceName;
  readonly kind: "topic" | "group" | "transactional-id";
  readonly names: readonly string[];
  readonly isPrefix: boolean;
  readonly operations: readonly string[];
}

/** The README's table: in a cell, `name`, `name`: Operation, Operation; `name`: … */
function readGrants(readme: string): Grant[] {
  const rows = readme.matchAll(/^\| (producer|inventory|analytics) \| (.*) \| (.*) \| (.*) \|$/gm);
  return [...rows].flatMap(([, user, ...cells]) =>
    (["topic", "group", "transactional-id"] as const).flatMap((kind, column) =>
      cells[column]!.split(";").flatMap((part) => {
        const names = [...part.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
        const [, words = ""] = /`[^`:]*: ([\w, ]+)/.exec(part) ?? [];
        const operations = words.split(",").map((word) => word.trim());
        const isPrefix = part.includes("as prefix");
        return part.trim().startsWith("none")
          ? []
          : [{ user: user as ServiceName, kind, names, isPrefix, operations }];
      }),
    ),
  );
}

describeOnApache("ACLs", () => {
  let cluster: ApacheCluster;
  beforeAll(async () => {
    const logins = USERS.map((user) => ` user_${user}="${user}-password"`).join("");
    cluster = await startApache({
      listeners: { NAMED: { protocol: "SASL_PLAINTEXT" } },
      properties: {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        // The nodes themselves, and whoever looks after them.
        "super.users": "User:ANONYMOUS",
        "listener.name.named.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.named.plain.sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required${logins};`,
      },
    });
  }, 120_000);
  afterAll(() => cluster?.stop());

  const environmentOf = (user: string) => ({
    KAFKA_BROKER: cluster.brokersOf("NAMED"),
    KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
    KAFKA_SASL_MECHANISM: "PLAIN",
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: `${user}-password`,
  });

  async function allow({ user, kind, names, isPrefix, operations }: Grant): Promise<void> {
    const words = [
      ...["--bootstrap-server", cluster.brokers, "--add", "--allow-principal", `User:${user}`],
      ...(isPrefix ? ["--resource-pattern-type", "prefixed"] : []),
      ...operations.flatMap((operation) => ["--operation", operation]),
      ...names.flatMap((name) => [`--${kind}`, name]),
    ];
    const { exitCode, stderr } = await runTool("kafka-acls", words);
    if (exitCode !== 0) throw new Error(stderr);
  }

  test("without them a service says what it may not do", async () => {
    const service = createServiceProcess({ name: "inventory", environment: environmentOf("inventory") });
    service.spawn();
    await until(
      "it says why it does not start",
      () => /not authori[sz]ed|authorization/i.test(service.tail()),
      {
        deadlineMs: 20_000,
      },
    );
    await service.stop();
  });

  test("with them orders go all the way, exactly once", async () => {
    const grants = readGrants(await Bun.file(readmeFile).text());
    expect(grants.map(({ user }) => user)).toEqual(expect.arrayContaining([...USERS]));
    for (const user of USERS) await Promise.all(grants.filter((of) => of.user === user).map(allow));
    await using system = await startSystem({
      brokers: cluster.brokersOf("NAMED"),
      own: Object.fromEntries(USERS.map((user) => [user, environmentOf(user)])),
    });
    const orders = Array.from({ length: ORDERS }, (_, i) => ({
      user_id: `u${i}`,
      item: "Burger",
      quantity: 1,
    }));
    const placed = await postJson(`${system.url}/orders/batch`, { orders });
    expect(placed.status).toBe(202);
    const { order_ids } = (await placed.json()) as { order_ids: string[] };
    const state = await fetch(`${system.url}/orders/${order_ids[0]}?wait=5s`);
    expect(await state.json()).toMatchObject({ state: expect.stringMatching(/reserved|failed/) });
    await system.until("every order is decided and counted", async () => {
      const metrics = await system.metrics();
      return metrics?.total_orders === ORDERS && metrics.failed_orders + metrics.reserved_orders === ORDERS;
    });
    const verified = await runOrders(["verify", "--wait", "20s", "--json", "--brokers", cluster.brokers]);
    expect(JSON.parse(verified.stdout)).toMatchObject({ orders: ORDERS, decisions: ORDERS });
  });
});
