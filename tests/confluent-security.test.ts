/** The Confluent client on Bun against a Kafka that asks who comes: SCRAM, tokens by a function, TLS, as on Node. */
import { setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientOnNode, expectSame } from "./support/confluent-programs.ts";
import { onSecureCluster, passwords } from "./support/secure-cluster.ts";

setDefaultTimeout(180_000);

onSecureCluster("the Confluent client with TLS and SASL", (cluster) => {
  const node = clientOnNode();

  test("sasl.cjs prints the same", async () => {
    const folder = mkdtempSync(join(tmpdir(), "confluent-security-"));
    try {
      const ca = join(folder, "ca.pem");
      await Bun.write(ca, cluster().certificates.ca);
      const environment = { PROGRAM_CA: ca, PROGRAM_PASSWORDS: JSON.stringify(passwords) };
      await expectSame("sasl", { brokers: cluster().brokers, environment, node });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
