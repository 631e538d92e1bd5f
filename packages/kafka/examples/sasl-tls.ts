/**
 * A cluster that asks who comes: TLS, and SASL with a password or with a token. Says what it is told when it is not let in; else sends
 * records to a topic of its own, reads them back, and deletes the topic.
 *
 *     KAFKA_BROKER=kafka-1:9093,kafka-2:9093 KAFKA_USERNAME=alice KAFKA_PASSWORD=… bun packages/kafka/examples/sasl-tls.ts
 *
 * | variable | |
 * |---|---|
 * | `KAFKA_BROKER` | the listener with TLS; required |
 * | `KAFKA_CA_FILE` | certificates to trust, PEM; without it those that the system trusts |
 * | `KAFKA_CERT_FILE`, `KAFKA_KEY_FILE`, `KAFKA_KEY_PASSWORD` | this client's own, where brokers ask for one |
 * | `KAFKA_USERNAME`, `KAFKA_PASSWORD` | for SASL with a password |
 * | `KAFKA_SASL_MECHANISM` | `SCRAM-SHA-512` (default), `SCRAM-SHA-256` or `PLAIN` |
 * | `KAFKA_TOKEN_URL` | for SASL with a token, instead: where OAuth 2.0 client credentials, the name and password above, are exchanged for one |
 */
import {
  type AccessToken,
  type ClientOptions,
  createAdmin,
  createConsumer,
  createProducer,
  KafkaError,
  type SaslOptions,
} from "@campus/kafka";

const { env } = process;
const brokers = env.KAFKA_BROKER;
if (!brokers) throw new Error("KAFKA_BROKER is not set: see the head of this file");

/** Called before the first connection, and again when four fifths of the token's life are over. */
async function fetchToken(url: string, signal: AbortSignal): Promise<AccessToken> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${env.KAFKA_USERNAME}:${env.KAFKA_PASSWORD}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
    signal, // aborts after ten seconds, and when the client is closed
  });
  if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`);
  const grant = (await response.json()) as { access_token: string; expires_in: number };
  const { access_token: token, expires_in: seconds } = grant;
  return { token, expiresAt: Date.now() + seconds * 1000, principal: env.KAFKA_USERNAME ?? "unknown" };
}

function sasl(): SaslOptions | undefined {
  const { KAFKA_TOKEN_URL: url, KAFKA_USERNAME: username, KAFKA_PASSWORD: password = "" } = env;
  if (url) return { mechanism: "OAUTHBEARER", token: ({ signal }) => fetchToken(url, signal) };
  if (!username) return undefined; // by certificate
  const mechanism = (env.KAFKA_SASL_MECHANISM ?? "SCRAM-SHA-512") as "SCRAM-SHA-512"; // what is none of them is refused
  return { mechanism, username, password };
}

const options: ClientOptions = {
  brokers,
  tls: {
    caFile: env.KAFKA_CA_FILE,
    certFile: env.KAFKA_CERT_FILE,
    keyFile: env.KAFKA_KEY_FILE,
    keyPassword: env.KAFKA_KEY_PASSWORD,
  },
  sasl: sasl(),
};

await using admin = createAdmin(options);
try {
  const { clusterId, brokers: known } = await admin.describeCluster();
  console.log(`connected to cluster ${clusterId} of ${known.length} brokers`);
} catch (error) {
  if (!(error instanceof KafkaError)) throw error;
  console.error(error.message); // says whether it is the password, the certificate, or that nobody answers
  process.exit(1);
}

const topic = `sasl-tls-${crypto.randomUUID()}`;
const created = await admin.createTopics([{ topic, partitions: 1, replicationFactor: -1 }]);
const refusal = created.get(topic);
if (refusal) throw refusal;
const records = Array.from({ length: 1_000 }, (_, i) => ({ value: `${i} burgers` }));
{
  await using producer = createProducer(options);
  await producer.sendBatch(topic, records);
  await using consumer = createConsumer({
    ...options,
    groupId: topic,
    autoOffsetReset: "error",
    partitions: [{ topic, partition: 0, offset: 0 }],
  });
  let read = 0;
  for await (const batch of consumer) {
    read += batch.length;
    if (read === records.length) break;
  }
  console.log(`${read} of ${records.length} records came back, over TLS`);
}
await admin.deleteTopics([topic]);
