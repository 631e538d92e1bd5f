/**
 * Real Apache Kafka that asks who comes: a listener with TLS and SASL (SCRAM-SHA-512, PLAIN, OAUTHBEARER), and one with TLS that demands a
 * client's certificate. Tokens are checked by Kafka's validator for unsecured ones: it reads claims and expiry, and no signature.
 */
import { afterAll, beforeAll, describe } from "bun:test";
import { type ApacheCluster, apacheAvailable, startApache } from "@campus/broker";
import { type AccessToken, libraryVersion } from "@campus/kafka";
import { type Certificates, createCertificates, opensslAvailable } from "./certificates.ts";

/** Unlike anything else, so that one in a log line would be found. */
export const passwords = { alice: "correct-horse-4b1f", bob: "bättery-staple-77aa" } as const;

export interface SecureCluster {
  /** TLS and SASL. */
  readonly brokers: string;
  /** TLS with certificates on both sides. */
  readonly mutualBrokers: string;
  /** No security at all. */
  readonly plainBrokers: string;
  readonly certificates: Certificates;
}

const missing = await reasonToSkip();
if (missing && process.env.CI) throw new Error(`Apache Kafka with TLS and SASL is needed here: ${missing}`);
if (missing) console.warn(`skipped: tests on Apache Kafka with TLS and SASL (${missing})`);

async function reasonToSkip(): Promise<string | null> {
  const available = await apacheAvailable();
  if (!available.ok) return available.reason;
  if (!opensslAvailable) return "there is no openssl command";
  return libraryVersion().features.includes("ssl") ? null : "librdkafka was built without TLS";
}

/** Declares tests on such a cluster. `cluster()` is there once a test runs. */
export function onSecureCluster(name: string, body: (cluster: () => SecureCluster) => void): void {
  const declare = missing ? describe.skip : describe;
  declare(`${name} (real Apache Kafka)`, () => {
    let certificates: Certificates | undefined;
    let apache: ApacheCluster | undefined;
    let cluster: SecureCluster | undefined;
    beforeAll(async () => {
      certificates = await createCertificates();
      apache = await start(certificates);
      cluster = {
        brokers: apache.brokersOf("SECURE"),
        mutualBrokers: apache.brokersOf("MUTUAL"),
        plainBrokers: apache.brokers,
        certificates,
      };
    }, 120_000);
    afterAll(async () => {
      await apache?.stop();
      await certificates?.[Symbol.asyncDispose]();
    }, 30_000);
    body(() => cluster!);
  });
}

function start({ ca, broker }: Certificates): Promise<ApacheCluster> {
  const keystore = (listener: string) => ({
    [`listener.name.${listener}.ssl.keystore.type`]: "PEM",
    [`listener.name.${listener}.ssl.keystore.certificate.chain`]: broker.cert,
    [`listener.name.${listener}.ssl.keystore.key`]: broker.key,
  });
  const modules = "org.apache.kafka.common.security";
  const login = (mechanism: string, module: string, options = "") => ({
    [`listener.name.secure.${mechanism}.sasl.jaas.config`]: `${modules}.${module} required${options};`,
  });
  return startApache({
    listeners: { SECURE: { protocol: "SASL_SSL" }, MUTUAL: { protocol: "SSL" } },
    formatArguments: ["--add-scram", `SCRAM-SHA-512=[name=alice,password=${passwords.alice}]`],
    properties: {
      ...keystore("secure"),
      "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN,OAUTHBEARER",
      ...login("scram-sha-512", "scram.ScramLoginModule"),
      ...login("plain", "plain.PlainLoginModule", ` user_bob="${passwords.bob}"`),
      ...login(
        "oauthbearer",
        "oauthbearer.OAuthBearerLoginModule",
        ' unsecuredLoginStringClaim_sub="broker"',
      ),
      ...keystore("mutual"),
      "listener.name.mutual.ssl.client.auth": "required",
      "listener.name.mutual.ssl.truststore.type": "PEM",
      "listener.name.mutual.ssl.truststore.certificates": ca,
    },
  });
}

/** An unsecured token for `carol`. `saysSeconds` is how long it says it is valid, `lastsMs` how long the client believes it is. */
export function tokenFor({ saysSeconds = 600, lastsMs = 600_000 } = {}): AccessToken {
  const now = Date.now();
  const issued = Math.floor(now / 1000) - 60;
  const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString("base64url");
  const claims = { sub: "carol", iat: issued, exp: Math.floor(now / 1000) + saysSeconds };
  return { token: `${part({ alg: "none" })}.${part(claims)}.`, expiresAt: now + lastsMs, principal: "carol" };
}
