/** TLS and SASL against real Apache Kafka: who gets in, what the others are told, and that no secret is printed on the way. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import {
  type ClientOptions,
  createAdmin,
  createConsumer,
  createProducer,
  createTransactionalProducer,
  type KafkaError,
  type LogLine,
  type SaslOptions,
} from "@campus/kafka";
import { onSecureCluster, passwords, type SecureCluster, tokenFor } from "./support/secure-cluster.ts";
import { neutralEnvironment } from "./support/service-process.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(30_000);

const scram = { mechanism: "SCRAM-SHA-512", username: "alice", password: passwords.alice } as const;
const plain = { mechanism: "PLAIN", username: "bob", password: passwords.bob } as const;
const bearer = { mechanism: "OAUTHBEARER", token: async () => tokenFor() } as const;

/** Options for a cluster, and what is reported. */
function clientOf(cluster: SecureCluster, options: Partial<ClientOptions> = {}) {
  const errors: KafkaError[] = [];
  const lines: LogLine[] = [];
  return {
    errors,
    lines,
    options: {
      brokers: cluster.brokers,
      tls: { caFile: cluster.certificates.caFile },
      onError: (error: KafkaError) => void errors.push(error),
      onLog: (line: LogLine) => void lines.push(line),
      ...options,
    },
  };
}

/** Whether `options` connect; if not, why. */
async function attempt(options: ClientOptions, timeoutMs = 10_000): Promise<KafkaError | null> {
  await using producer = createProducer(options);
  return await producer.describeCluster({ timeoutMs }).then(
    () => null,
    (error: KafkaError) => error,
  );
}

let topics = 0;

/** Everything a client can be, once around: topics, records in and out, a transaction. */
async function goAround(options: ClientOptions): Promise<void> {
  const topic = `secure-${process.pid}-${topics++}`;
  await using admin = createAdmin(options);
  expect((await admin.createTopics([{ topic, partitions: 1, replicationFactor: 1 }])).get(topic)).toBeNull();
  await using producer = createProducer(options);
  expect(await producer.send(topic, { value: "sent" })).toMatchObject({ offset: 0 });
  await using transactional = createTransactionalProducer({ ...options, transactionalId: topic });
  const transaction = await transactional.begin();
  transaction.send(topic, { value: "in a transaction" });
  await transaction.commit();
  await using consumer = createConsumer({
    ...options,
    groupId: topic,
    topics: [topic],
    autoOffsetReset: "earliest",
  });
  const values: (string | null)[] = [];
  for await (const batch of consumer) {
    values.push(...Array.from(batch, (record) => record.text()));
    await batch.commit();
    if (values.length === 2) break;
  }
  expect(values).toEqual(["sent", "in a transaction"]);
}

onSecureCluster("kafka client with TLS and SASL", (cluster) => {
  const mechanisms: [string, SaslOptions][] = [
    ["SCRAM-SHA-512", scram],
    ["PLAIN, with letters beyond ASCII", plain],
    ["OAUTHBEARER", bearer],
  ];

  test.each(mechanisms)("every kind of client gets in by %s", async (_, sasl) => {
    const { options, errors } = clientOf(cluster(), { sasl });
    await goAround(options);
    expect(errors).toEqual([]);
  });

  test.each(mechanisms)("nothing of %s is in the log at its most talkative", async (_, sasl) => {
    const tokens: string[] = [];
    const token = async () => {
      const given = tokenFor();
      tokens.push(given.token);
      return given;
    };
    const credentials = sasl.mechanism === "OAUTHBEARER" ? { ...sasl, token } : sasl;
    const { options, lines } = clientOf(cluster(), { sasl: credentials, librdkafka: { debug: "all" } });
    expect(await attempt(options)).toBeNull();
    const text = JSON.stringify(lines);
    expect(text.length).toBeGreaterThan(10_000);
    const secrets = [...Object.values(passwords), ...tokens, ...tokens.flatMap((part) => part.split("."))];
    expect(secrets.filter((secret) => secret.length > 3 && text.includes(secret))).toEqual([]);
  });

  test.each<[string, SaslOptions, string]>([
    [
      "SCRAM-SHA-512",
      { ...scram, password: "wrong-9d2e" },
      "invalid credentials with SASL mechanism SCRAM-SHA-512",
    ],
    ["PLAIN", { ...plain, password: "wrong-9d2e" }, "Invalid username or password"],
    [
      "a mechanism that is not offered",
      { ...scram, mechanism: "SCRAM-SHA-256" },
      "broker's supported mechanisms: SCRAM-SHA-512,PLAIN,OAUTHBEARER",
    ],
    [
      "a token that is none",
      { ...bearer, token: async () => ({ ...tokenFor(), token: "wrong-9d2e" }) },
      "invalid_token",
    ],
  ])("a wrong password, %s: said at once, to calls and to onError", async (_, sasl, words) => {
    const { options, errors, lines } = clientOf(cluster(), { sasl });
    const started = performance.now();
    const refusal = await attempt(options);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(refusal).toMatchObject({ name: "_AUTHENTICATION", operation: "describe cluster" });
    expect(refusal!.message).toContain(words);
    expect(errors.find(({ name }) => name === "_AUTHENTICATION")!.message).toContain(words);
    expect(JSON.stringify([errors.map(String), lines])).not.toContain("wrong-9d2e");
  });

  test("with a wrong password sends fail when their time is up, and consumers and transactions do not hang", async () => {
    const { options, errors } = clientOf(cluster(), { sasl: { ...scram, password: "wrong-9d2e" } });
    await using producer = createProducer({ ...options, deliveryTimeoutMs: 1_000 });
    await using transactional = createTransactionalProducer({
      ...options,
      transactionalId: "refused",
      transactionTimeoutMs: 1_000,
    });
    const consumer = createConsumer({
      ...options,
      groupId: "refused",
      topics: ["t"],
      autoOffsetReset: "latest",
    });
    const outcomes = await Promise.all([
      producer.send("t", { value: "x" }).catch((error) => error),
      transactional.initialise().catch((error) => error),
      consumer.committed([{ topic: "t", partition: 0 }]).catch((error) => error),
    ]);
    expect(outcomes.map(({ name }) => name)).toEqual(["_MSG_TIMED_OUT", "_TIMED_OUT", "_AUTHENTICATION"]);
    for (const outcome of outcomes.slice(0, 2)) {
      expect(outcome.message).toContain("the last attempt to connect: ");
      expect(outcome.cause).toMatchObject({ name: "_AUTHENTICATION" });
    }
    const closing = performance.now();
    await consumer.close();
    expect(performance.now() - closing).toBeLessThan(5_000);
    expect(errors.some(({ name }) => name === "_AUTHENTICATION")).toBe(true);
  });

  test("an authority is taken as text too, among others", async () => {
    const { ca, otherCa } = cluster().certificates;
    expect(
      await attempt({ ...clientOf(cluster(), { sasl: scram }).options, tls: { ca: [otherCa, ca] } }),
    ).toBeNull();
  });

  test("a broker of an authority that is not trusted is not talked to", async () => {
    const { otherCa } = cluster().certificates;
    const { options, errors } = clientOf(cluster(), { sasl: scram, tls: { ca: otherCa } });
    expect(await attempt(options)).toMatchObject({
      name: "_SSL",
      message: expect.stringContaining("its authority must be trusted (tls.ca or tls.caFile"),
    });
    expect(errors[0]).toMatchObject({ name: "_SSL" });
    expect(await attempt({ ...options, tls: { ca: otherCa, verifyCertificate: false } })).toBeNull();
  });

  test("a broker must be the host that was connected to, unless that is switched off", async () => {
    const { ca } = cluster().certificates;
    const brokers = cluster().brokers.replace("127.0.0.1", "localhost");
    const { options } = clientOf(cluster(), { brokers, sasl: scram, tls: { ca } });
    expect(await attempt(options)).toMatchObject({
      name: "_SSL",
      message: expect.stringContaining("it must name this host"),
    });
    expect(await attempt({ ...options, tls: { ca, verifyHostname: false } })).toBeNull();
  });

  test("a client's certificate, its key encrypted", async () => {
    const { client, ca } = cluster().certificates;
    const { options } = clientOf(cluster(), { brokers: cluster().mutualBrokers, tls: { ca, ...client } });
    expect(await attempt(options)).toBeNull();
    const refusal = await attempt({ ...options, tls: { ca } });
    expect(refusal!.message).toContain("the broker wants a certificate of this client");
    expect(refusal!.name).not.toBe("_TIMED_OUT");
    for (const keyPassword of ["wrong-9d2e", undefined]) {
      let failure: unknown;
      try {
        createProducer({ ...options, tls: { ca, ...client, keyPassword } });
      } catch (error) {
        failure = error;
      }
      expect(failure).toMatchObject({ operation: "create producer" });
      expect(String(failure)).toContain("ssl.key.location failed");
      expect(String(failure)).not.toContain("wrong-9d2e");
    }
  });

  test("too little or too much security for a listener is said when time is up", async () => {
    const { brokers, plainBrokers, certificates } = cluster();
    const { ca } = certificates;
    const quiet = clientOf(cluster()).options;
    const [withoutTls, withoutSasl, tooMuch] = await Promise.all([
      attempt({ ...quiet, brokers, tls: false }, 1_000),
      attempt({ ...quiet, brokers, tls: { ca } }, 1_000),
      attempt({ ...quiet, brokers: plainBrokers, tls: { ca } }, 1_000),
    ]);
    expect(withoutTls!.message).toContain("a listener that expects TLS does so (see tls)");
    expect(withoutSasl!.message).toContain("a listener that expects SASL does so (see sasl)");
    expect(tooMuch!.message).toContain("connecting to a PLAINTEXT broker listener?");
  });

  test("a token that has expired is refused, and the next one gets in", async () => {
    const given: number[] = [];
    const { options, errors } = clientOf(cluster(), {
      sasl: {
        mechanism: "OAUTHBEARER",
        token: async () => {
          given.push(performance.now());
          return given.length === 1 ? tokenFor({ saysSeconds: -30, lastsMs: 1_000 }) : tokenFor();
        },
      },
    });
    await using admin = createAdmin(options);
    expect(await admin.describeCluster().catch((error) => error)).toMatchObject({ name: "_AUTHENTICATION" });
    await until("the next token gets in", () =>
      admin.describeCluster().then(
        () => true,
        () => false,
      ),
    );
    expect(given).toHaveLength(2);
    expect(errors.every(({ name }) => name === "_AUTHENTICATION" || name === "_ALL_BROKERS_DOWN")).toBe(true);
  });

  test("the example runs", async () => {
    const example = join(import.meta.dir, "../packages/kafka/examples/sasl-tls.ts");
    const child = Bun.spawn([process.execPath, example], {
      env: {
        ...neutralEnvironment(),
        KAFKA_BROKER: cluster().brokers,
        KAFKA_CA_FILE: cluster().certificates.caFile,
        KAFKA_USERNAME: scram.username,
        KAFKA_PASSWORD: scram.password,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const text = await new Response(child.stdout).text();
    expect(await child.exited).toBe(0);
    expect(text).toContain("1000 of 1000 records came back");
    expect(text).not.toContain(scram.password);
  });
});
