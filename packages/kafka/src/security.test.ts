/** The options `tls` and `sasl`: what they become, what is refused, and in which words. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { adminProperties, type ClientOptions } from "./config.ts";
import { KafkaError } from "./error.ts";
import type { SaslOptions, SecurityOptions } from "./security.ts";

const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----\n";
const password = "correct-horse-battery";
const scram = { mechanism: "SCRAM-SHA-512", username: "alice", password } as const;
const token = async () => ({ token: "t", expiresAt: Date.now() + 60_000, principal: "alice" });

/** The security properties alone, those left to librdkafka's default taken out. */
function propertiesOf(options: SecurityOptions & Pick<ClientOptions, "librdkafka">) {
  const properties = Object.entries(adminProperties({ brokers: "localhost:9092", ...options }));
  return Object.fromEntries(
    properties.filter(([name, value]) => /^(security|sasl|.*ssl)\./.test(name) && value !== undefined),
  );
}

function refusalOf(options: unknown): string {
  try {
    propertiesOf(options as SecurityOptions);
  } catch (error) {
    expect(error).toMatchObject({ name: "_INVALID_ARG", operation: "configure" });
    expect(error).toBeInstanceOf(KafkaError);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

test("the protocol follows from what is given", () => {
  expect(propertiesOf({})).toEqual({});
  expect(propertiesOf({ tls: false })).toEqual({});
  expect(propertiesOf({ tls: undefined, sasl: undefined })).toEqual({});
  expect(propertiesOf({ tls: true })).toEqual({ "security.protocol": "ssl" });
  expect(propertiesOf({ sasl: scram })["security.protocol"]).toBe("sasl_plaintext");
  expect(propertiesOf({ tls: {}, sasl: scram })["security.protocol"]).toBe("sasl_ssl");
});

test("credentials", () => {
  expect(propertiesOf({ sasl: scram })).toEqual({
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "alice",
    "sasl.password": password,
  });
  expect(propertiesOf({ sasl: { mechanism: "OAUTHBEARER", token } })).toEqual({
    "security.protocol": "sasl_plaintext",
    "sasl.mechanism": "OAUTHBEARER",
  });
});

test("certificates and keys, as text and as files", () => {
  const file = import.meta.path;
  expect(
    propertiesOf({ tls: { ca: [certificate, certificate], cert: certificate, key, keyPassword: "pw" } }),
  ).toEqual({
    "security.protocol": "ssl",
    "ssl.ca.pem": `${certificate}\n${certificate}`,
    "ssl.certificate.pem": certificate,
    "ssl.key.pem": key,
    "ssl.key.password": "pw",
  });
  expect(propertiesOf({ tls: { caFile: file, certFile: file, keyFile: file } })).toEqual({
    "security.protocol": "ssl",
    "ssl.ca.location": file,
    "ssl.certificate.location": file,
    "ssl.key.location": file,
  });
});

test("verification is on unless it is switched off", () => {
  expect(propertiesOf({ tls: { verifyHostname: true, verifyCertificate: true } })).toEqual({
    "security.protocol": "ssl",
    "enable.ssl.certificate.verification": true,
  });
  expect(propertiesOf({ tls: { verifyHostname: false, verifyCertificate: false } })).toEqual({
    "security.protocol": "ssl",
    "ssl.endpoint.identification.algorithm": "none",
    "enable.ssl.certificate.verification": false,
  });
});

test.each<[string, unknown]>([
  ["tls must be true, false or an object", { tls: "true" }],
  ["tls must be true, false or an object", { tls: null }],
  ["tls.ca is not PEM text; use tls.caFile for a file", { tls: { ca: "/etc/ssl/ca.pem" } }],
  ["tls.ca must be a string, PEM text", { tls: { ca: Buffer.from(certificate) } }],
  ["tls.ca holds no CERTIFICATE but ENCRYPTED PRIVATE KEY", { tls: { ca: key } }],
  ["tls.key holds no PRIVATE KEY but CERTIFICATE", { tls: { cert: certificate, key: certificate } }],
  ["tls.ca and tls.caFile exclude each other", { tls: { ca: certificate, caFile: "x" } }],
  ['tls.caFile is "/no/such/file.pem": there is no such file', { tls: { caFile: "/no/such/file.pem" } }],
  ["tls.caFile must be the path of a file", { tls: { caFile: "" } }],
  ["tls.keyFile is PEM text; use tls.key for that", { tls: { cert: certificate, keyFile: key } }],
  ["tls has a certificate and no key for it", { tls: { cert: certificate } }],
  ["tls has a key and no certificate for it", { tls: { key } }],
  ["tls.keyPassword is of no key", { tls: { keyPassword: "x" } }],
  ["tls.verifyHostname must be true or false", { tls: { verifyHostname: "false" } }],
  [
    'tls has no "rejectUnauthorized"; did you mean "verifyCertificate"?',
    { tls: { rejectUnauthorized: false } },
  ],
  ['tls has no "caFiel"; did you mean "caFile"?', { tls: { caFiel: "x" } }],
  ['tls has no "alpn"; it takes ca, caFile, ', { tls: { alpn: [] } }],
  ["sasl must be an object", { tls: true, sasl: null }],
  ["sasl must be an object", { sasl: "alice" }],
  ["did you mean SCRAM-SHA-256?", { sasl: { ...scram, mechanism: "scram-sha-256" } }],
  ["sasl.mechanism must be one of PLAIN, ", { sasl: { username: "alice", password } }],
  ["sasl.password must be a string with something in it", { sasl: { ...scram, password: undefined } }],
  ["sasl.password must be a string with something in it", { sasl: { ...scram, password: "" } }],
  ["sasl.username must be a string with something in it", { sasl: { ...scram, username: 7 } }],
  ["sasl.password begins with white space", { sasl: { ...scram, password: ` ${password}` } }],
  ['sasl has no "pasword"; did you mean "password"?', { sasl: { ...scram, pasword: password } }],
  ["sasl.token must be a function", { sasl: { mechanism: "OAUTHBEARER", token: "a.b.c" } }],
  [
    "sasl.tokenTimeoutMs must be a positive number",
    { sasl: { mechanism: "OAUTHBEARER", token, tokenTimeoutMs: 0 } },
  ],
  [
    'sasl has no "oauthBearerProvider"; did you mean "token"?',
    { sasl: { mechanism: "OAUTHBEARER", token, oauthBearerProvider: token } },
  ],
])("%s", (message, options) => {
  expect(refusalOf(options)).toContain(message);
});

test("librdkafka's properties may add to the options, not take security away", () => {
  const properties = propertiesOf({
    tls: true,
    librdkafka: { "security.protocol": "ssl", "ssl.providers": "default" },
  });
  expect(properties["ssl.providers"]).toBe("default");
  expect(refusalOf({ tls: true, librdkafka: { "security.protocol": "plaintext" } })).toContain(
    'librdkafka["security.protocol"] is "plaintext", and tls and sasl make it "ssl": leave one out',
  );
  expect(refusalOf({ sasl: scram, librdkafka: { "sasl.mechanisms": "PLAIN" } })).toContain("leave one out");
});

test("OAUTHBEARER without a token function would wait for ever", () => {
  const librdkafka = { "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER" } as const;
  expect(refusalOf({ librdkafka })).toContain("OAUTHBEARER needs a token function");
  propertiesOf({ librdkafka: { ...librdkafka, "sasl.oauthbearer.method": "oidc" } });
  propertiesOf({ librdkafka: { ...librdkafka, "enable.sasl.oauthbearer.unsecure.jwt": true } });
});

test("whatever is given, the outcome is properties or a KafkaError that keeps the password", () => {
  const odd = fc.oneof(fc.constant(undefined), fc.constant(password), fc.anything());
  const sasl = fc.record(
    {
      mechanism: fc.oneof(fc.constantFrom("PLAIN", "OAUTHBEARER"), odd),
      username: odd,
      password: odd,
      token: odd,
    },
    { requiredKeys: [] },
  );
  const tls = fc.record(
    {
      ca: odd,
      cert: odd,
      key: odd,
      keyPassword: odd,
      caFile: fc.anything(),
      keyFile: fc.constant(key),
      verifyHostname: odd,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(sasl, odd), fc.oneof(tls, odd), (saslOptions, tlsOptions) => {
      try {
        propertiesOf({ sasl: saslOptions as SaslOptions, tls: tlsOptions as true });
      } catch (error) {
        expect(error).toBeInstanceOf(KafkaError);
        expect((error as Error).message).not.toContain(password);
        expect((error as Error).message).not.toContain("MIIE");
      }
    }),
  );
});
