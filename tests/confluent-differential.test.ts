/** The Confluent client on Bun does what it does on Node: the same programs print the same, on real Kafka. */
import { setDefaultTimeout, test } from "bun:test";
import { onCluster } from "./support/clusters.ts";
import { clientOnNode, expectSame } from "./support/confluent-programs.ts";

setDefaultTimeout(180_000);

const programs = [
  "producer",
  "consumer",
  "flowing",
  "admin",
  "kafkajs",
  "transactions",
  "members",
  "failures",
];

onCluster("apache", "the Confluent client on Bun and on Node", (cluster) => {
  const node = clientOnNode();

  for (const program of programs) {
    test(`${program}.cjs prints the same`, () => expectSame(program, { brokers: cluster().brokers, node }));
  }
});
