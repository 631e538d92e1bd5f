import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kafkaSecurity, kafkaSecuritySettings } from "./kafka-security.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { settingsHelp } from "./settings-document.ts";

const folder = mkdtempSync(join(tmpdir(), "kafka-security-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const read = (environment: Record<string, string>) =>
  kafkaSecurity(readSettings(kafkaSecuritySettings, { environment, ownedPrefixes: ["KAFKA_"] }));

/** The faults of an environment, without the prefix that all variables share. */
function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    read(Object.fromEntries(Object.entries(environment).map(([name, value]) => [`KAFKA_${name}`, value])));
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).faults.map((fault) => fault.replaceAll("KAFKA_", ""));
  }
  throw new Error("it was accepted");
}

test("without a setting the connection is in the clear", () => {
  expect(read({})).toEqual({});
  expect(read({ KAFKA_SECURITY_PROTOCOL: "PLAINTEXT" })).toEqual({});
});

test("TLS, with a certificate of this client's own", () => {
  const [ca, cert, key] = [fileOf("ca.pem", "x"), fileOf("cert.pem", "x"), fileOf("key.pem", "x")];
  expect(read({ KAFKA_SECURITY_PROTOCOL: "SSL" })).toEqual({ tls: {} });
  expect(
    read({
      KAFKA_SECURITY_PROTOCOL: "SSL",
      KAFKA_SSL_CA_FILE: ca,
      KAFKA_SSL_CERT_FILE: cert,
      KAFKA_SSL_KEY_FILE: key,
      KAFKA_SSL_KEY_PASSWORD_FILE: fileOf("key-password", "key s3cret\n"),
    }),
  ).toEqual({ tls: { caFile: ca, certFile: cert, keyFile: key, keyPassword: "key s3cret" } });
});

test("a user over TLS, the password in a file", () => {
  expect(
    read({
      KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
      KAFKA_SASL_MECHANISM: "SCRAM-SHA-256",
      KAFKA_SASL_USERNAME: "producer",
      KAFKA_SASL_PASSWORD_FILE: fileOf("password", "s3cret\r\n"),
    }),
  ).toEqual({
    tls: {},
    sasl: { mechanism: "SCRAM-SHA-256", username: "producer", password: "s3cret" },
  });
});

test("what is missing, has no use or can't be read is named, all of it at once", () => {
  expect(faultsOf({ SECURITY_PROTOCOL: "SASL_PLAINTEXT" })).toEqual([
    "SECURITY_PROTOCOL=SASL_PLAINTEXT needs SASL_USERNAME",
    "SECURITY_PROTOCOL=SASL_PLAINTEXT needs SASL_PASSWORD_FILE, or SASL_PASSWORD",
  ]);
  // Set for more security than there would be: the likeliest slip is a forgotten protocol.
  expect(faultsOf({ SASL_USERNAME: "u", SASL_PASSWORD: "s3cret", SSL_CA_FILE: "/ca" })).toEqual([
    "SSL_CA_FILE is set, and SECURITY_PROTOCOL=PLAINTEXT makes no use of TLS: set SSL or SASL_SSL",
    "SASL_USERNAME is set, and SECURITY_PROTOCOL=PLAINTEXT names no user: set SASL_SSL or SASL_PLAINTEXT",
    "SASL_PASSWORD is set, and SECURITY_PROTOCOL=PLAINTEXT names no user: set SASL_SSL or SASL_PLAINTEXT",
  ]);
  const missing = join(folder, "missing");
  expect(
    faultsOf({ SECURITY_PROTOCOL: "SSL", SSL_CA_FILE: missing, SSL_CERT_FILE: fileOf("c", "x") }),
  ).toEqual([
    `SSL_CA_FILE=${JSON.stringify(missing)}: there is no such file`,
    "SSL_CERT_FILE and SSL_KEY_FILE belong together: set both or neither",
  ]);
  const user = { SECURITY_PROTOCOL: "SASL_SSL", SASL_USERNAME: "u" };
  expect(faultsOf({ ...user, SASL_PASSWORD_FILE: fileOf("two", "a\nb\n") })).toEqual([
    "SASL_PASSWORD_FILE: the file must hold one line, the secret",
  ]);
  expect(faultsOf({ ...user, SASL_PASSWORD: "s3cret", SASL_PASSWORD_FILE: missing })).toContain(
    "SASL_PASSWORD and SASL_PASSWORD_FILE are both set, and only one of them can be meant",
  );
});

test("a password is in no fault and not in the help", () => {
  const bad = {
    KAFKA_SECURITY_PROTOCOL: "SSL",
    KAFKA_SASL_PASSWORD: "s3cret",
    KAFKA_SSL_KEY_PASSWORD: "s3cret",
  };
  expect(() => read(bad)).toThrow(SettingsError);
  try {
    read(bad);
  } catch (error) {
    expect(String(error)).not.toContain("s3cret");
  }
  expect(settingsHelp(kafkaSecuritySettings)).toContain("KAFKA_SASL_PASSWORD_FILE");
});
