/** `orders` where there is no Kafka to ask, and where it is not said right what is wanted. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { freePorts } from "@campus/broker";
import type { Ended } from "./support/orders-command.ts";
import { useOrders } from "./support/orders-log.ts";

setDefaultTimeout(30_000);

const { orders } = useOrders();

// These wait for an answer for seconds, so they are begun first.
const nobody = `127.0.0.1:${freePorts(1)[0]}`;
let withoutBroker: Promise<Ended[]>;
beforeAll(() => {
  withoutBroker = Promise.all([
    orders(["lag"], { KAFKA_BROKER: nobody }),
    orders(["offsets", "reset", "g", "--to", "latest", "--json", "--brokers", nobody]),
    orders(["topics", "ls", "--brokers", "nowhere.invalid:9092"]),
  ]);
});

test("no broker: one line with the reason, exit code 3, within seconds", async () => {
  const answers = await withoutBroker;
  for (const { exitCode, stdout, stderr, elapsedMs } of answers) {
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^Kafka at \S+ does not answer: .+\n$/);
    expect(elapsedMs).toBeLessThan(10_000); // 4 s, and what a busy machine takes to start three processes
  }
  expect(answers[0]!.stderr).toContain(`Connect to ${nobody} failed: Connection refused.`);
  expect(answers[2]!.stderr).toContain("Failed to resolve 'nowhere.invalid:9092'");
});

test("bad usage: exit code 2 before anything is asked of Kafka", async () => {
  const answers = await Promise.all([
    orders(["lga"]),
    orders(["lag", "--jsno"]),
    orders(["lag"], { KAFKA_BROKER: "no-port" }),
  ]);
  expect(answers.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(answers.map(() => [2, ""]));
  expect(answers.map(({ stderr }) => stderr.split("\n")[0])).toEqual([
    'there is no command "lga"; did you mean lag?',
    "there is no option --jsno; did you mean --json?",
    'KAFKA_BROKER="no-port": expected host:port, or several separated by commas (without it: 127.0.0.1:9092)',
  ]);
  const help = await orders(["offsets", "reset", "--help"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  expect(help.stdout).toContain("Examples:");
});
