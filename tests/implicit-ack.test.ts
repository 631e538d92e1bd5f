/**
 * librdkafka takes a record for delivered when a later batch of its partition was acknowledged. But a broker that knows nothing of a producer yet
 * takes any batch of it for the first one: so the first can be refused and the second taken, and the first is lost with a promise made of it
 * (https://github.com/confluentinc/confluent-kafka-go/issues/921). In practice it is a leader that is being elected
 * which refuses. Here the topic is away for a while, behind a proxy that is slow enough for both batches to be under way.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type ApacheCluster, freePorts, startApache } from "@campus/broker";
import {
  type Admin,
  createAdmin,
  createProducer,
  createTransactionalProducer,
  type KafkaError,
} from "@campus/kafka";
import { startProxy, type TcpProxy } from "./chaos/proxy.ts";
import { describeOnApache } from "./support/apache.ts";
import { followTopic } from "./support/topic-log.ts";

setDefaultTimeout(60_000);

/** One way, each. */
const DELAY_MS = 2_000;
const quiet = { onLog: () => undefined };

describeOnApache("a batch refused, and the next one taken", () => {
  let proxy: TcpProxy;
  let cluster: ApacheCluster;
  let admin: Admin;
  let brokers: string;

  beforeAll(async () => {
    proxy = await startProxy(freePorts(1)[0]!);
    cluster = await startApache({
      listeners: { PROXIED: { protocol: "PLAINTEXT", advertisedPorts: [proxy.port] } },
    });
    proxy.aimAt(cluster.nodes[0]!.listenerPorts.PROXIED!);
    brokers = cluster.brokersOf("PROXIED");
    admin = createAdmin({ brokers: cluster.brokers, ...quiet });
  }, 120_000);
  afterAll(async () => {
    await admin?.close();
    await proxy?.stop();
    await cluster?.stop();
  });

  const createTopic = (topic: string) => admin.createTopics([{ topic, partitions: 3, replicationFactor: 1 }]);

  /** Sends the first and the second record while both are under way, and lets the broker have only the second. */
  async function refuseTheFirst<T>(
    topic: string,
    send: (value: string) => T,
    { beforeItsRequestMs = 0 } = {},
  ): Promise<[T, T]> {
    const startedAt = performance.now();
    proxy.delay(DELAY_MS);
    const first = send("first");
    await Bun.sleep(beforeItsRequestMs);
    await admin.deleteTopics([topic]);
    await Bun.sleep(startedAt + beforeItsRequestMs + 0.75 * DELAY_MS - performance.now());
    const second = send("second");
    // By now the first has come to the broker, and the second has not.
    await Bun.sleep(startedAt + beforeItsRequestMs + 1.25 * DELAY_MS - performance.now());
    await createTopic(topic);
    await Bun.sleep(DELAY_MS);
    proxy.restore();
    return [first, second];
  }

  async function valuesIn(topic: string): Promise<string[]> {
    await using log = followTopic(cluster.brokers, topic);
    await log.catchUp();
    return log.all().map(({ text }) => text);
  }

  test("nothing is promised of the first", async () => {
    await createTopic("sent");
    await using producer = createProducer({ brokers, lingerMs: 0, ...quiet });
    // So it knows the topic, and the broker nothing of it where the others go.
    await producer.send("sent", { value: "elsewhere", partition: 2 });
    const [first, second] = await refuseTheFirst("sent", (value) =>
      producer.send("sent", { value, partition: 0 }).catch((error: KafkaError) => error),
    );
    expect(await second).toMatchObject({ partition: 0, offset: 0 });
    expect(await valuesIn("sent")).toEqual(["second"]);
    expect(await first).toMatchObject({ name: "_INCONSISTENT", possiblyPersisted: true, retriable: true });
    expect(producer.counters).toMatchObject({ acknowledged: 2, failed: 1 });
  });

  test("a transaction is not committed without it", async () => {
    await createTopic("transacted");
    await using producer = createTransactionalProducer({
      ...{ brokers, lingerMs: 0, transactionalId: "implicit", ...quiet },
    });
    const before = await producer.begin();
    before.send("transacted", { value: "elsewhere", partition: 2 });
    await before.commit();
    const transaction = await producer.begin();
    const send = (value: string) => transaction.send("transacted", { value, partition: 0 });
    // The partition becomes part of the transaction first: there and back.
    await refuseTheFirst("transacted", send, { beforeItsRequestMs: 2 * DELAY_MS });
    await transaction.commit();
    expect(await valuesIn("transacted")).toEqual(["first", "second"]);
  });
});
