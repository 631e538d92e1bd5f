/** Who may come: SCRAM and tokens over TLS, by both interfaces; refused passwords and failing token functions. */
"use strict";

const { readFileSync } = require("node:fs");
const { Kafka, brokers, call, errorOf, main, name, show, until } = require("./support.cjs");

const { Kafka: KafkaJS, logLevel } = Kafka.KafkaJS;
const ca = readFileSync(process.env.PROGRAM_CA, "utf8");
const { alice } = JSON.parse(process.env.PROGRAM_PASSWORDS);

const secure = { "bootstrap.servers": brokers, "security.protocol": "sasl_ssl", "ssl.ca.pem": ca };
const scram = {
  ...secure,
  "sasl.mechanisms": "SCRAM-SHA-512",
  "sasl.username": "alice",
  "sasl.password": alice,
};
const bearer = { ...secure, "sasl.mechanisms": "OAUTHBEARER" };

/** An unsecured token, which the broker's listener takes. */
function token(lifetimeMs = 600_000) {
  const now = Math.floor(Date.now() / 1000);
  const part = (claims) => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const claims = { sub: "carol", iat: now - 60, exp: now + 600 };
  return {
    tokenValue: `${part({ alg: "none" })}.${part(claims)}.`,
    lifetime: Date.now() + lifetimeMs,
    principal: "carol",
  };
}

main(async () => {
  const topic = name("sasl");
  const admin = Kafka.AdminClient.create(scram);
  show(
    "scram",
    await errorOf(() =>
      call(admin, "createTopic", { topic, num_partitions: 1, replication_factor: 1 }, 10_000),
    ),
  );
  admin.disconnect();
  await wrongPassword();
  await tokens();
  await promises(topic);
});

async function wrongPassword() {
  const producer = new Kafka.Producer({ ...scram, "sasl.password": "wrong" });
  const refused = await errorOf(() => call(producer, "connect", { timeout: 2_000 }));
  show("wrong password", refused.code === -195 || refused.code === -185);

  const mended = new Kafka.Producer({ ...scram, "sasl.password": "wrong" });
  const connecting = call(mended, "connect", { timeout: 20_000 });
  await until("an error", () => mended.getClient() && mended._isConnected);
  mended.setSaslCredentials("alice", alice);
  show("mended", await errorOf(() => connecting));
  await call(mended, "disconnect");
}

async function tokens() {
  let calls = 0;
  const consumer = new Kafka.KafkaConsumer({
    ...bearer,
    "group.id": name("tokens"),
    "sasl.oauthbearer.config": "given to the function",
    oauthbearer_token_refresh_cb: (config, done) => {
      if (calls++ === 0) show("asked", config);
      // Four fifths of two seconds, and it is asked for again.
      done(null, token(2_000));
    },
  });
  await call(consumer, "connect", { timeout: 10_000 });
  await until("a second token", () => calls >= 2);
  show("asked again");
  await call(consumer, "disconnect");

  const failing = new Kafka.Producer({
    ...bearer,
    oauthbearer_token_refresh_cb: async () => {
      throw new Error("no token today");
    },
  });
  const errors = [];
  failing.on("error", (error) => errors.push(error));
  const refusal = await errorOf(() => call(failing, "connect", { timeout: 1_000 }));
  show("no token", refusal.code === -195 || refusal.code === -185);
  show("told", errors[0]);

  const refused = new Kafka.Producer({
    ...bearer,
    oauthbearer_token_refresh_cb: async () => ({ ...token(), lifetime: 1 }),
  });
  refused.on("error", (error) => errors.push(error));
  await errorOf(() => call(refused, "connect", { timeout: 1_000 }));
  show("expired", errors.at(-1).code, /Must supply an unexpired token/.test(errors.at(-1).message));
}

async function promises(topic) {
  const sasl = {
    mechanism: "oauthbearer",
    oauthBearerProvider: async () => {
      const { tokenValue: value, ...rest } = token();
      return { value, ...rest, extensions: { traceId: "1" } };
    },
  };
  const kafka = new KafkaJS({
    kafkaJS: { brokers: [brokers], ssl: true, sasl, logLevel: logLevel.NOTHING },
    "ssl.ca.pem": ca,
  });
  const producer = kafka.producer();
  await producer.connect();
  show("sent", await producer.send({ topic, messages: [{ value: "secret" }] }));
  producer.setSaslCredentials({ username: "alice", password: alice });
  const admin = producer.dependentAdmin();
  await admin.connect();
  show("dependent admin", (await admin.listTopics()).includes(topic));
  await admin.disconnect();
  await producer.disconnect();

  const consumer = kafka.consumer({ kafkaJS: { groupId: name("promises"), fromBeginning: true } });
  await consumer.connect();
  await consumer.subscribe({ topic });
  const seen = [];
  consumer.run({ eachMessage: async ({ message }) => seen.push(message.value) });
  await until("the message", () => seen.length === 1);
  show("read", seen);
  await consumer.disconnect();
}
